import { createPrivateKey, X509Certificate } from "node:crypto"
import type { CertificateRequest } from "../machinery/certificates/certificate-request.ts"
import { bitString, integer, objectId, octetString, sequence, tagged, time } from "../machinery/certificates/der.ts"
import {
  extension,
  type KeyedCertificate,
  keyId,
  type Makers,
  serialNumber,
  signatureAlgorithm,
  signCertificate,
  subjectOf,
} from "./certificate.ts"

/** What a certificate is for, in the words of the certificates API: bits of RFC 5280's KeyUsage. */
const KEY_USAGES: ReadonlyMap<string, number> = new Map([
  ["signing", 0],
  ["digital signature", 0],
  ["content commitment", 1],
  ["key encipherment", 2],
  ["data encipherment", 3],
  ["key agreement", 4],
  ["cert sign", 5],
  ["crl sign", 6],
  ["encipher only", 7],
  ["decipher only", 8],
])

/** Purposes of RFC 5280's ExtKeyUsage, in the order in which they stand in certificates. */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ["any", "2.5.29.37.0"],
  ["server auth", "1.3.6.1.5.5.7.3.1"],
  ["client auth", "1.3.6.1.5.5.7.3.2"],
  ["code signing", "1.3.6.1.5.5.7.3.3"],
  ["email protection", "1.3.6.1.5.5.7.3.4"],
  ["s/mime", "1.3.6.1.5.5.7.3.4"],
  ["ipsec end system", "1.3.6.1.5.5.7.3.5"],
  ["ipsec tunnel", "1.3.6.1.5.5.7.3.6"],
  ["ipsec user", "1.3.6.1.5.5.7.3.7"],
  ["timestamping", "1.3.6.1.5.5.7.3.8"],
  ["ocsp signing", "1.3.6.1.5.5.7.3.9"],
  ["microsoft sgc", "1.3.6.1.4.1.311.10.3.3"],
  ["netscape sgc", "2.16.840.1.113730.4.1"],
])

const BACKDATE_MS = 5 * 60_000
/** Certificates that live shorter than this lose nothing of their time by being dated back. */
const SHORT_MS = 8 * 3_600_000

export interface Signing {
  readonly usages: readonly string[]
  readonly validMs: number
}

/**
 * The certificate that a request asks for, PEM: its subject, names and key, never a CA, and no longer valid than its
 * issuer. Throws for usages that X.509 does not know, and when the issuer has expired.
 */
export function signRequest(
  request: CertificateRequest,
  { usages, validMs }: Signing,
  issuer: KeyedCertificate,
  { clock, random }: Makers,
): string {
  const unknown = usages.filter((usage) => !KEY_USAGES.has(usage) && !PURPOSES.has(usage))
  if (unknown.length > 0) {
    throw new TypeError(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(" ")}]`)
  }
  const issuerCertificate = new X509Certificate(issuer.cert)
  const key = createPrivateKey(issuer.key)
  const nowMs = clock.nowMs()
  const endOfIssuer = issuerCertificate.validToDate.getTime()
  if (nowMs >= endOfIssuer) throw new Error(`the signer has expired: NotAfter=${issuerCertificate.validTo}`)
  const end = nowMs + validMs - (validMs < SHORT_MS ? 0 : BACKDATE_MS)
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber(random)),
    signatureAlgorithm(key),
    subjectOf(issuerCertificate),
    sequence(time(nowMs - BACKDATE_MS), time(Math.min(end, endOfIssuer))),
    request.subject,
    request.publicKey,
    tagged(0xa3, sequence(...extensionsFor(request, usages, issuerCertificate))),
  )
  return signCertificate(body, key)
}

function extensionsFor(request: CertificateRequest, usages: readonly string[], issuer: X509Certificate): Buffer[] {
  const bits = usages.map((usage) => KEY_USAGES.get(usage)).filter((bit) => bit !== undefined)
  const purposes = [...PURPOSES].filter(([name]) => usages.includes(name)).map(([, id]) => id)
  const { names } = request.alternativeNames
  const issuerKey = issuer.publicKey.export({ type: "spki", format: "der" })
  // Without a name of its own, the alternative names are what identifies the subject.
  const anonymous = request.subject.length === 2
  return [
    ...(bits.length > 0 ? [extension("2.5.29.15", usageBits(bits), true)] : []),
    ...(purposes.length > 0 ? [extension("2.5.29.37", sequence(...[...new Set(purposes)].map(objectId)))] : []),
    extension("2.5.29.19", sequence(), true),
    extension("2.5.29.14", octetString(keyId(request.publicKey))),
    extension("2.5.29.35", sequence(tagged(0x80, keyId(issuerKey)))),
    ...(names === undefined ? [] : [extension("2.5.29.17", names, anonymous)]),
  ]
}

/** A bit string without the zeros at its end, as DER wants it. */
function usageBits(bits: readonly number[]): Buffer {
  const last = Math.max(...bits)
  const bytes = Buffer.alloc((last >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(bytes, 7 - (last & 7))
}
