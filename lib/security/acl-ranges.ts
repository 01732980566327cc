/** Values by ranges of addresses: finds those of all ranges that an address lies in, by a look for each length of range that there is. */
import { type Address, type AddressRange, networkOf } from '../cluster/address-ranges.ts'

/** Ranges of one length by their networks. Several texts may stand for one range. */
interface OfLength<V> {
  readonly isV6: boolean
  readonly bits: number
  readonly values: Map<Address, V[]>
}

export class AddressRanges<V> {
  readonly #lengths: OfLength<V>[] = []

  get isEmpty(): boolean {
    return this.#lengths.length === 0
  }

  add({ isV6, bits, network }: AddressRange, value: V): void {
    let ofLength = this.#ofLength(isV6, bits)
    if (ofLength === undefined) {
      ofLength = { isV6, bits, values: new Map() }
      this.#lengths.push(ofLength)
    }
    const values = ofLength.values.get(network)
    if (values === undefined) ofLength.values.set(network, [value])
    else values.push(value)
  }

  remove({ isV6, bits, network }: AddressRange, value: V): void {
    const ofLength = this.#ofLength(isV6, bits)
    const values = ofLength?.values.get(network)
    if (ofLength === undefined || values === undefined) return
    values.splice(values.indexOf(value), 1)
    if (values.length > 0) return
    ofLength.values.delete(network)
    if (ofLength.values.size === 0) this.#lengths.splice(this.#lengths.indexOf(ofLength), 1)
  }

  #ofLength(isV6: boolean, bits: number): OfLength<V> | undefined {
    return this.#lengths.find(each => each.isV6 === isV6 && each.bits === bits)
  }

  /** Puts the values of all ranges that the address lies in into an array, from its beginning, and answers how many they are. */
  collect(address: Address, into: V[]): number {
    const isV6 = typeof address === 'bigint'
    let count = 0
    for (const { isV6: isOfV6, bits, values } of this.#lengths) {
      const found = isV6 === isOfV6 ? values.get(networkOf(address, bits)) : undefined
      if (found !== undefined) for (const value of found) into[count++] = value
    }
    return count
  }
}
