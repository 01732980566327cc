/** The subject of a certificate as Java's X500Principal.getName() writes it: RFC 2253, with Java's choices where that leaves one. */
import { childrenOf, type Der, derTags, oidOf, partsOf, readDer } from './der.ts'

/** The attribute types that RFC 2253 gives a name; all others stand as `oid=#hex`. */
const keywords: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.6': 'C',
  '2.5.4.9': 'STREET',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
}

/** UTF8String, PrintableString, T61String, IA5String, GeneralString and BMPString; all other kinds stand as `#hex`. Java reads them all as UTF-8. */
const strings: ReadonlySet<number> = new Set([derTags.UTF8_STRING, 19, 20, 22, 27, 30])

/** The subject of a certificate in DER. Throws DerError. */
export function subjectOf(certificate: Buffer): string {
  const [toBeSigned] = partsOf(readDer(certificate))
  const fields = partsOf(toBeSigned)
  // The version stands first where it is not 1.
  const first = fields[0]?.tag === 0xa0 ? 1 : 0
  return nameOf(fields[first + 4])
}

/** A name in DER as text: the most special part first. Throws DerError. */
export function nameOf(name: Der | undefined): string {
  return partsOf(name)
    .reverse()
    .map(part => partsOf(part, derTags.SET).map(attributeText).join('+'))
    .join(',')
}

function attributeText(attribute: Der): string {
  const [type, value] = childrenOf(attribute)
  const oid = oidOf(type)
  const keyword = keywords[oid]
  if (value === undefined) return `${keyword ?? oid}=`
  if (keyword === undefined || !strings.has(value.tag)) return `${keyword ?? oid}=#${value.whole.toString('hex')}`
  return `${keyword}=${escaped(value.content.toString('utf8'))}`
}

function escaped(text: string): string {
  return text
    .replace(/[,=+<>#;"\\]|^ +| +$/g, found => (found[0] === ' ' ? '\\ '.repeat(found.length) : `\\${found}`))
    .replaceAll('\0', '\\00')
}
