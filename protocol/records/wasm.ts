/**
 * An assembler of small WebAssembly modules, for the few loops over bytes that JavaScript is too slow for: functions of 32-bit integers
 * over one memory. Each function below returns the code of one instruction or construct. An `Operand` is a local variable, a constant or
 * another expression.
 */

/** Bytecode. */
export type Code = readonly number[]
/** A local variable, by its index. */
export interface Local {
  readonly local: number
}
/** An expression of a 32-bit integer. */
export type Operand = Local | number | Code

/** A function: its parameters, further local variables and result are all 32-bit integers. */
export interface WasmFunction {
  readonly parameters: number
  readonly variables: number
  readonly body: Code
}

const i32 = 0x7f
const noResult = 0x40
const endMark = 0x0b
export const pageBytes = 65_536

function leb(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const low = rest & 0x7f
    rest >>>= 7
    if (rest === 0) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

function signedLeb(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; ) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

function codeOf(operand: Operand): Code {
  if (typeof operand === 'number') return [0x41, ...signedLeb(operand)]
  return 'local' in operand ? [0x20, ...leb(operand.local)] : operand
}

const binary =
  (opcode: number) =>
  (a: Operand, b: Operand): Code => [...codeOf(a), ...codeOf(b), opcode]

export const equal = binary(0x46)
export const lessUnsigned = binary(0x49)
export const greaterUnsigned = binary(0x4b)
export const add = binary(0x6a)
export const subtract = binary(0x6b)
export const and = binary(0x71)
export const or = binary(0x72)
export const exclusiveOr = binary(0x73)
export const shiftLeft = binary(0x74)
export const shiftRightUnsigned = binary(0x76)

/** The byte at an address, unsigned. */
export const load8 = (at: Operand): Code => [...codeOf(at), 0x2d, 0, 0]
/** Two bytes, little-endian, unsigned. */
export const load16 = (at: Operand): Code => [...codeOf(at), 0x2f, 0, 0]
/** Four bytes, little-endian. */
export const load32 = (at: Operand): Code => [...codeOf(at), 0x28, 0, 0]
/** Four bytes, little-endian. */
export const store32 = (at: Operand, value: Operand): Code => [...codeOf(at), ...codeOf(value), 0x36, 0, 0]
export const store8 = (at: Operand, value: Operand): Code => [...codeOf(at), ...codeOf(value), 0x3a, 0, 0]
/** Copies 16 bytes. */
export const copy16 = (to: Operand, from: Operand): Code => [
  ...codeOf(to),
  ...codeOf(from),
  ...[0xfd, 0x00, 0, 0],
  ...[0xfd, 0x0b, 0, 0],
]

/** 16 bytes at an address plus an offset; an operand of the two functions below only. */
export const load128 = (at: Operand, offset: number): Code => [...codeOf(at), 0xfd, 0x00, 0, ...leb(offset)]
export const exclusiveOr128 = (a: Code, b: Code): Code => [...a, ...b, 0xfd, 0x51]
export const store128 = (at: Operand, offset: number, value: Code): Code => [
  ...codeOf(at),
  ...value,
  ...[0xfd, 0x0b, 0, ...leb(offset)],
]
/** Sets so many bytes to 0. */
export const clear = (at: Operand, bytes: Operand): Code => [
  ...codeOf(at),
  ...codeOf(0),
  ...codeOf(bytes),
  ...[0xfc, 0x0b, 0],
]
export const copy = (to: Operand, from: Operand, bytes: Operand): Code => [
  ...codeOf(to),
  ...codeOf(from),
  ...codeOf(bytes),
  ...[0xfc, 0x0a, 0, 0],
]

export const set = ({ local }: Local, value: Operand): Code => [...codeOf(value), 0x21, ...leb(local)]
export const increase = (variable: Local, by: Operand): Code => set(variable, add(variable, by))
export const answer = (value: Operand): Code => [...codeOf(value), 0x0f]

/** The lesser of two, unsigned; both operands are evaluated twice. */
export const lesser = (a: Operand, b: Operand): Code => [...codeOf(a), ...codeOf(b), ...lessUnsigned(a, b), 0x1b]

export const when = (condition: Operand, then: readonly Code[], otherwise: readonly Code[] = []): Code => [
  ...codeOf(condition),
  ...[0x04, noResult],
  ...then.flat(),
  ...(otherwise.length > 0 ? [0x05, ...otherwise.flat()] : []),
  endMark,
]

/** A while loop. */
export const during = (condition: Operand, body: readonly Code[]): Code => doDuring([when(condition, body)], condition)

/** A do-while loop. */
export const doDuring = (body: readonly Code[], condition: Operand): Code => [
  ...[0x03, noResult],
  ...body.flat(),
  ...codeOf(condition),
  ...[0x0d, 0],
  endMark,
]

/** An endless loop, left by `answer`. */
export const forever = (body: readonly Code[]): Code => [0x03, noResult, ...body.flat(), 0x0c, 0, endMark, 0x00]

/** A function whose local variables are passed to `body`, parameters first; the body must return by `answer`. It is built when it is asked for: most commands run none. */
export function wasmFunction(
  parameters: number,
  variables: number,
  body: (...locals: readonly Local[]) => readonly Code[],
): WasmFunction {
  const locals = Array.from({ length: parameters + variables }, (_, local) => ({ local }))
  return {
    parameters,
    variables,
    get body() {
      return body(...locals).flat()
    },
  }
}

function section(id: number, items: readonly Code[]): Code {
  const content = [...leb(items.length), ...items.flat()]
  return [id, ...leb(content.length), ...content]
}

function exported(name: string, kind: number, index: number): Code {
  return [name.length, ...Buffer.from(name, 'latin1'), kind, ...leb(index)]
}

/** The binary of a module that exports these functions and its `memory`, which may grow to so many pages. */
function moduleBytes(functions: Readonly<Record<string, WasmFunction>>, pagesMax: number): Uint8Array<ArrayBuffer> {
  const all = Object.values(functions)
  const types = all.map(({ parameters }) => [0x60, parameters, ...new Array<number>(parameters).fill(i32), 1, i32])
  const bodies = all.map(({ variables, body }) => {
    const code = [1, ...leb(variables), i32, ...body, endMark]
    return [...leb(code.length), ...code]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(
      3,
      all.map((_, index) => leb(index)),
    ),
    ...section(5, [[1, 1, ...leb(pagesMax)]]),
    ...section(7, [exported('memory', 2, 0), ...Object.keys(functions).map((name, index) => exported(name, 0, index))]),
    ...section(10, bodies),
  ])
}

/** The parts of the global `WebAssembly` that are used here, which the type library for Node does not declare. */
interface WebAssembly {
  Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

/** The memory of a module. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** The exports of a module: its functions by name, and its memory. Throws where there is no WebAssembly with SIMD. */
export function instanceOf<Exports extends { readonly memory: WasmMemory }>(
  functions: Readonly<Record<string, WasmFunction>>,
  pagesMax: number,
): Exports {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly
  return new Instance(new Module(moduleBytes(functions, pagesMax))).exports as Exports
}
