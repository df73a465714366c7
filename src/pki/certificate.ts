import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from "node:crypto"
import { isIP } from "node:net"
import {
  bitString,
  integer,
  objectId,
  octetString,
  readAll,
  sequence,
  set,
  tagged,
  time,
  truth,
  utf8String,
} from "../machinery/certificates/der.ts"
import type { Clock } from "../platform/clock.ts"
import type { Random } from "../platform/random.ts"

/** Makes X.509 certificates (RFC 5280), with ECDSA P-256 keys when nothing else is said. */

export interface KeyedCertificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly usage: "ca" | "server" | "client" | "server and client"
  /** DNS names and IP addresses that a server is reached by. */
  readonly hosts?: readonly string[]
  readonly validMs: number
  /** The private key to certify, PEM (PKCS #8). Default: a new one. */
  readonly key?: string
}

export interface Makers {
  readonly clock: Pick<Clock, "nowMs">
  readonly random: Pick<Random, "bytes">
}

const COMMON_NAME = "2.5.4.3"
const ORGANIZATION = "2.5.4.10"
const ECDSA_WITH_SHA256 = sequence(objectId("1.2.840.10045.4.3.2"))
const ED25519 = sequence(objectId("1.3.101.112"))
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
// A clock that is a little behind must not refuse a fresh certificate.
const BACKDATE_MS = 5 * 60_000
const DIGITAL_SIGNATURE = bitString(Buffer.from([0x80]), 7)
const CA_USAGE = bitString(Buffer.from([0xa4]), 2)

/** A new key and its certificate, signed by `issuer`, or by itself when there is none. */
export function makeCertificate(
  request: CertificateRequest,
  issuer: KeyedCertificate | undefined,
  { clock, random }: Makers,
): KeyedCertificate {
  const key =
    request.key === undefined
      ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
      : createPrivateKey(request.key)
  const subject = distinguishedName(request)
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" })
  const signingKey = issuer ? createPrivateKey(issuer.key) : key
  const issuerCertificate = issuer && new X509Certificate(issuer.cert)
  const nowMs = clock.nowMs()
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber(random)),
    signatureAlgorithm(signingKey),
    issuerCertificate ? subjectOf(issuerCertificate) : subject,
    sequence(time(nowMs - BACKDATE_MS), time(nowMs + request.validMs)),
    subject,
    publicKey,
    tagged(0xa3, sequence(...extensions(request, publicKey, issuerCertificate))),
  )
  return {
    cert: signCertificate(body, signingKey),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}

/** What a certificate says about its signature before it is signed. */
export function signatureAlgorithm(key: KeyObject): Buffer {
  return key.asymmetricKeyType === "ed25519" ? ED25519 : ECDSA_WITH_SHA256
}

/** The certificate with this body, PEM. */
export function signCertificate(body: Buffer, key: KeyObject): string {
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256"
  return pem("CERTIFICATE", sequence(body, signatureAlgorithm(key), bitString(sign(digest, body, key))))
}

/** Positive, and long enough that nobody guesses it. */
export function serialNumber(random: Makers["random"]): Uint8Array {
  const serial = random.bytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** Organizations stand before the name, as Go's and OpenSSL's tools write them. */
function distinguishedName(request: CertificateRequest): Buffer {
  const part = (id: string, value: string) => set(sequence(objectId(id), utf8String(value)))
  const organizations = (request.organizations ?? []).map((name) => part(ORGANIZATION, name))
  return sequence(...organizations, part(COMMON_NAME, request.commonName))
}

/** The subject's bytes as they stand in the certificate: an issuer name must repeat them exactly. */
export function subjectOf(certificate: X509Certificate): Buffer {
  const body = readAll(readAll(certificate.raw)[0]?.content ?? Buffer.alloc(0))[0]
  const subject = readAll(body?.content ?? Buffer.alloc(0))[5]
  if (subject === undefined) throw new TypeError("the CA certificate has no subject; it is not an X.509 v3 certificate")
  return subject.whole
}

function extensions(request: CertificateRequest, publicKey: Buffer, issuer: X509Certificate | undefined): Buffer[] {
  const isCa = request.usage === "ca"
  const all = [
    extension("2.5.29.19", sequence(...(isCa ? [truth()] : [])), true),
    extension("2.5.29.15", isCa ? CA_USAGE : DIGITAL_SIGNATURE, true),
    extension("2.5.29.14", octetString(keyId(publicKey))),
  ]
  const issuerKey = issuer ? issuer.publicKey.export({ type: "spki", format: "der" }) : publicKey
  all.push(extension("2.5.29.35", sequence(tagged(0x80, keyId(issuerKey)))))
  const purposes = [
    ...(request.usage.startsWith("server") ? [objectId(SERVER_AUTH)] : []),
    ...(request.usage.endsWith("client") ? [objectId(CLIENT_AUTH)] : []),
  ]
  if (purposes.length > 0) all.push(extension("2.5.29.37", sequence(...purposes)))
  const hosts = request.hosts ?? []
  if (hosts.length > 0) all.push(extension("2.5.29.17", sequence(...hosts.map(generalName))))
  return all
}

export function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [truth()] : []), octetString(value))
}

/** RFC 5280 4.2.1.2, method 1: SHA-1 over the key's bits. */
export function keyId(publicKey: Buffer): Buffer {
  const bits = readAll(readAll(publicKey)[0]?.content ?? Buffer.alloc(0))[1]
  return createHash("sha1")
    .update(bits?.content.subarray(1) ?? publicKey)
    .digest()
}

function generalName(host: string): Buffer {
  if (isIP(host) === 0) return tagged(0x82, Buffer.from(host, "ascii"))
  return tagged(0x87, ipBytes(host))
}

function ipBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number))
  // The URL parser writes every IPv6 address in its canonical form, without embedded IPv4.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = "", tail] = text.split("::")
  const groups = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)))
  const before = groups(head)
  const after = tail === undefined ? [] : groups(tail)
  const words = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]))
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`
}

export interface SigningKey {
  /** PEM, PKCS #8. */
  readonly privateKey: string
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string
}

/** The key that signs service account tokens. */
export function makeSigningKey(): SigningKey {
  return signingKeyFrom(
    generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  )
}

/** Throws when the text is no private key. */
export function signingKeyFrom(privateKey: string): SigningKey {
  return { privateKey, publicKey: createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString() }
}
