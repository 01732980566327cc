/** Every declared message, and messages with random content. */
import { RequestHeader, ResponseHeader } from '../../protocol/headers.ts'
import type { Layout, LayoutField, LayoutType } from '../../protocol/layout.ts'
import { apis } from '../../protocol/messages/index.ts'
import type { Message } from '../../protocol/schema.ts'
import { metadataRecords } from '../../protocol/stored/cluster-metadata/index.ts'
import { storedMessages } from '../../protocol/stored/index.ts'

/** Those of which there are bytes that Apache Kafka wrote, at every version. */
export const provenMessages: readonly Message[] = [
  RequestHeader,
  ResponseHeader,
  ...apis.flatMap((api): Message[] => [api.request, api.response]),
  ...storedMessages,
]

export const messages: readonly Message[] = [...provenMessages, ...Object.values(metadataRecords)]

export function versionsOf({ versions: [lowest, highest] }: Message): number[] {
  return Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i)
}

/** The same numbers for the same seed, from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A message that is worth encoding: nulls, defaults, empty and long values, fields that the version lacks, unknown tags. */
export class RandomMessage {
  private readonly next: () => number

  constructor(seed: number) {
    this.next = seeded(seed)
  }

  int(below: number): number {
    return Math.floor(this.next() * below)
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(256)))
  }

  struct(layout: Layout): Record<string, unknown> {
    const struct: Record<string, unknown> = {}
    for (const field of layout.fields) {
      // Undefined stands for the default, as a field left out does.
      const leftOut = field.tag !== null && this.int(3) === 0
      if (!leftOut) struct[field.name] = this.field(field)
    }
    if (layout.flexible && this.int(4) === 0) {
      struct.unknownTaggedFields = [5000, 40, 300].map(tag => ({ tag, data: this.bytes(this.int(200)) }))
    }
    return struct
  }

  private field(field: LayoutField): unknown {
    if (field.nullable && this.int(4) === 0) return null
    return this.value(field.type)
  }

  private value(type: LayoutType): unknown {
    switch (type.kind) {
      case 'struct':
        return this.struct(type.layout)
      case 'array':
        return Array.from({ length: this.int(4) }, () => this.value(type.element))
      case 'string':
        return ['', 'topic', 'ключ-键-🔑', 'x'.repeat(this.int(200)), `group-${this.int(1000)}`][this.int(5)]
      case 'bytes':
        return this.bytes(this.int(3) * 60)
      case 'records':
        return this.bytes([0, 70, 3000][this.int(3)])
      case 'uuid':
        return this.int(3) === 0 ? 'AAAAAAAAAAAAAAAAAAAAAA' : this.bytes(16).toString('base64url')
      case 'bool':
        return this.int(2) === 1
      case 'float64':
        return (this.next() - 0.5) * 1e6
      case 'int64':
        return [0, -1, 2 ** 63, -(2 ** 63), this.int(2 ** 53), -this.int(2 ** 40)][this.int(6)]
      default: {
        const bits = Number(type.kind.match(/\d+/)![0])
        const lowest = type.kind.startsWith('u') ? 0 : -(2 ** (bits - 1))
        return this.int(3) === 0 ? Math.max(lowest, -1) : lowest + this.int(2 ** bits)
      }
    }
  }
}
