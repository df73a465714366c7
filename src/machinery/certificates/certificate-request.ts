import { constants, createPublicKey, type KeyObject, verify } from "node:crypto"
import { type DerValue, objectId, readAll } from "./der.ts"
import { pemBlocks } from "./pem.ts"

/** Reads requests for certificates: PKCS#10, RFC 2986. */

export interface CertificateRequest {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly alternativeNames: AlternativeNames
  /** DER of the distinguished name. */
  readonly subject: Buffer
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Buffer
  /** Throws `CertificateRequestError` unless whoever made the request has the key. */
  readonly checkSignature: () => void
}

/** How many names of each kind the subject wants to go by besides its own. */
export interface AlternativeNames {
  readonly dnsNames: number
  readonly addresses: number
  readonly emails: number
  readonly uris: number
  /** DER of the GeneralNames. Absent: none are wanted. */
  readonly names?: Buffer
}

export class CertificateRequestError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = "CertificateRequestError"
  }
}

const COMMON_NAME = objectId("2.5.4.3")
const ORGANIZATION = objectId("2.5.4.10")
const UTF16_STRING = 0x1e

/** Throws `CertificateRequestError`. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  const block = pemBlocks(pem)[0]
  if (block?.type !== "CERTIFICATE REQUEST") {
    throw new CertificateRequestError("PEM block type must be CERTIFICATE REQUEST")
  }
  try {
    return parse(block.bytes)
  } catch (cause) {
    if (cause instanceof CertificateRequestError) throw cause
    throw new CertificateRequestError("asn1: structure error: the request is no PKCS#10", { cause })
  }
}

function parse(der: Buffer): CertificateRequest {
  const all = readAll(der)
  if (all.length > 1) throw new CertificateRequestError("asn1: syntax error: trailing data")
  const [body, algorithm, signature] = readAll(at(all, 0).content)
  if (body === undefined || algorithm === undefined || signature === undefined) {
    throw new CertificateRequestError("asn1: syntax error: sequence truncated")
  }
  const parts = readAll(body.content)
  const [subject, publicKey] = [at(parts, 1), at(parts, 2)]
  const key = createPublicKey({ key: publicKey.whole, format: "der", type: "spki" })
  const names = attributesOf(subject)
  return {
    commonName: names.findLast(({ type }) => type.equals(COMMON_NAME))?.text ?? "",
    organizations: names.filter(({ type }) => type.equals(ORGANIZATION)).map(({ text }) => text),
    alternativeNames: alternativeNamesOf(parts[3]),
    subject: subject.whole,
    publicKey: publicKey.whole,
    // A bit string begins with how many bits at its end do not count: none.
    checkSignature: () => checkSignature(algorithm, body.whole, signature.content.subarray(1), key),
  }
}

const EXTENSION_REQUEST = objectId("1.2.840.113549.1.9.14")
const ALTERNATIVE_NAMES = objectId("2.5.29.17")
/** Context-specific tags of GeneralName, RFC 5280 4.2.1.6. */
const [EMAIL, DNS_NAME, URI, ADDRESS] = [0x81, 0x82, 0x86, 0x87]

function alternativeNamesOf(attributes: DerValue | undefined): AlternativeNames {
  const extensions = readAll(attributes?.content ?? Buffer.alloc(0))
    .map(({ content }) => readAll(content))
    .filter((attribute) => at(attribute, 0).whole.equals(EXTENSION_REQUEST))
    .flatMap((attribute) => readAll(at(attribute, 1).content))
    .flatMap(({ content }) => readAll(content))
    .map(({ content }) => readAll(content))
  const found = extensions.find((extension) => at(extension, 0).whole.equals(ALTERNATIVE_NAMES))?.at(-1)
  const names = readAll(found === undefined ? Buffer.alloc(0) : at(readAll(found.content), 0).content)
  const count = (wanted: number) => names.filter(({ tag }) => tag === wanted).length
  return {
    dnsNames: count(DNS_NAME),
    addresses: count(ADDRESS),
    emails: count(EMAIL),
    uris: count(URI),
    ...(found !== undefined && names.length > 0 && { names: found.content }),
  }
}

function at(values: readonly DerValue[], index: number): DerValue {
  const value = values[index]
  if (value === undefined) throw new CertificateRequestError("asn1: syntax error: sequence truncated")
  return value
}

function attributesOf(subject: DerValue): readonly { readonly type: Buffer; readonly text: string }[] {
  return readAll(subject.content)
    .flatMap((set) => readAll(set.content))
    .map((attribute) => {
      const parts = readAll(attribute.content)
      return { type: at(parts, 0).whole, text: textOf(at(parts, 1)) }
    })
}

function textOf({ tag, content }: DerValue): string {
  return tag === UTF16_STRING ? Buffer.from(content).swap16().toString("utf16le") : content.toString("utf8")
}

type Family = "rsa" | "rsa-pss" | "ecdsa" | "ed25519"

const ALGORITHMS: readonly { readonly id: Buffer; readonly family: Family; readonly digest?: string }[] = [
  { id: objectId("1.2.840.113549.1.1.11"), family: "rsa", digest: "sha256" },
  { id: objectId("1.2.840.113549.1.1.12"), family: "rsa", digest: "sha384" },
  { id: objectId("1.2.840.113549.1.1.13"), family: "rsa", digest: "sha512" },
  { id: objectId("1.2.840.113549.1.1.10"), family: "rsa-pss" },
  { id: objectId("1.2.840.10045.4.3.2"), family: "ecdsa", digest: "sha256" },
  { id: objectId("1.2.840.10045.4.3.3"), family: "ecdsa", digest: "sha384" },
  { id: objectId("1.2.840.10045.4.3.4"), family: "ecdsa", digest: "sha512" },
  { id: objectId("1.3.101.112"), family: "ed25519" },
]
const INSECURE = [
  { id: objectId("1.2.840.113549.1.1.5"), name: "SHA1-RSA" },
  { id: objectId("1.2.840.113549.1.1.4"), name: "MD5-RSA" },
  { id: objectId("1.2.840.10045.4.1"), name: "ECDSA-SHA1" },
]
const DIGESTS = [
  { id: objectId("2.16.840.1.101.3.4.2.1"), digest: "sha256" },
  { id: objectId("2.16.840.1.101.3.4.2.2"), digest: "sha384" },
  { id: objectId("2.16.840.1.101.3.4.2.3"), digest: "sha512" },
]
const FAILURES: { readonly [family in Family]: string } = {
  rsa: "crypto/rsa: verification error",
  "rsa-pss": "crypto/rsa: verification error",
  ecdsa: "x509: ECDSA verification failure",
  ed25519: "x509: Ed25519 verification failure",
}
const KEY_TYPES: { readonly [family in Family]: string } = {
  rsa: "rsa",
  "rsa-pss": "rsa",
  ecdsa: "ec",
  ed25519: "ed25519",
}

function checkSignature(algorithm: DerValue, body: Buffer, signature: Buffer, key: KeyObject): void {
  const id = at(readAll(algorithm.content), 0).whole
  const insecure = INSECURE.find((one) => one.id.equals(id))
  if (insecure !== undefined) {
    throw new CertificateRequestError(`x509: cannot verify signature: insecure algorithm ${insecure.name}`)
  }
  const known = ALGORITHMS.find((one) => one.id.equals(id))
  // The parameters of PSS name the digest.
  const digest = known?.digest ?? DIGESTS.find((one) => algorithm.content.includes(one.id))?.digest
  if (known === undefined || (known.family === "rsa-pss" && digest === undefined)) {
    throw new CertificateRequestError("x509: cannot verify signature: algorithm unimplemented")
  }
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const options = known.family === "rsa-pss" ? { key, ...pss } : { key }
  const fits = key.asymmetricKeyType === KEY_TYPES[known.family]
  if (!fits || !verify(digest, body, options, signature)) throw new CertificateRequestError(FAILURES[known.family])
}
