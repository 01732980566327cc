/** Bytes of keys, values and headers as text, by the names of Kafka's deserializers. */

/** Throws an Error where the bytes are none of the kind. */
export type Deserializer = (bytes: Buffer) => string

function sized(bytes: Buffer, size: number, kind: string): void {
  if (bytes.length !== size) throw new Error(`Size of data received by ${kind}Deserializer is not ${size}`)
}

const byName: Readonly<Record<string, Deserializer>> = {
  String: bytes => bytes.toString('utf8'),
  Integer: bytes => {
    sized(bytes, 4, 'Integer')
    return String(bytes.readInt32BE())
  },
  Long: bytes => {
    sized(bytes, 8, 'Long')
    return String(bytes.readBigInt64BE())
  },
  Short: bytes => {
    sized(bytes, 2, 'Short')
    return String(bytes.readInt16BE())
  },
  Float: bytes => {
    sized(bytes, 4, 'Float')
    return javaText(Math.fround(bytes.readFloatBE()), 9)
  },
  Double: bytes => {
    sized(bytes, 8, 'Double')
    return javaText(bytes.readDoubleBE(), 17)
  },
  Boolean: bytes => {
    sized(bytes, 1, 'Boolean')
    return String(bytes[0] === 1)
  },
  UUID: bytes => bytes.toString('utf8').toLowerCase(),
  Void: () => 'null',
}

/** A number as Java prints it, with a point at least; `digits` are what the type needs to be told exactly. */
function javaText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity'
  let text = String(value)
  if (digits < 17) {
    for (let few = 1; few <= digits; few++) {
      const short = value.toPrecision(few)
      if (Math.fround(Number(short)) === value) {
        text = String(Number(short))
        break
      }
    }
  }
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** By the name of a class, whole or its last part; undefined where there is none such here. */
export function deserializerOf(className: string): Deserializer | undefined {
  const kind = /(\w+)Deserializer$/.exec(className)?.[1] ?? className
  return Object.hasOwn(byName, kind) ? byName[kind] : undefined
}
