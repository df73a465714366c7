import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto"

/** JSON Web Tokens (RFC 7519) by RSA or ECDSA P-256 keys. What they claim is a matter of others. */

export interface TokenSigner {
  sign(claims: object): string
}

export interface TokenVerifier {
  readonly id: string
  readonly algorithm: "ES256" | "RS256"
  readonly jwk: Readonly<Record<string, unknown>>
  verify(data: Buffer, signature: Buffer): boolean
}

/** `privateKey`: PEM, PKCS #8. Throws `TypeError` for keys of other kinds. */
export function tokenSigner(privateKey: string): TokenSigner {
  const key = createPrivateKey(privateKey)
  const { algorithm, id } = tokenVerifier(createPublicKey(key))
  return {
    sign(claims) {
      const text = `${encodePart({ alg: algorithm, kid: id })}.${encodePart(claims)}`
      const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" })
      return `${text}.${signature.toString("base64url")}`
    },
  }
}

export function tokenVerifier(key: KeyObject): TokenVerifier {
  const id = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url")
  const isRsa = key.asymmetricKeyType === "rsa"
  const isP256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1"
  if (!isRsa && !isP256) {
    throw new TypeError(
      `service account tokens need an RSA or ECDSA P-256 key, found ${key.asymmetricKeyType}: remove the key file to have a new one made`,
    )
  }
  const algorithm = isRsa ? "RS256" : "ES256"
  return {
    id,
    algorithm,
    jwk: { use: "sig", kid: id, alg: algorithm, ...key.export({ format: "jwk" }) },
    verify: (data, signature) => verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, signature),
  }
}

export interface ReadToken {
  readonly claims: Readonly<Record<string, unknown>>
  /** Whether one of the keys signed it. */
  isSignedBy(keys: readonly TokenVerifier[]): boolean
}

/** Undefined when the text has not the form of a token. Nothing is verified yet. */
export function readToken(token: string): ReadToken | undefined {
  const parts = token.split(".")
  const [head = "", body = "", signature = ""] = parts
  if (parts.length !== 3) return undefined
  const header = parsePart(head)
  const claims = parsePart(body)
  if (header === undefined || claims === undefined) return undefined
  const signed = Buffer.from(`${head}.${body}`)
  const signatureBytes = Buffer.from(signature, "base64url")
  return {
    claims,
    isSignedBy: (keys) => keys.some((key) => header["alg"] === key.algorithm && key.verify(signed, signatureBytes)),
  }
}

const encodePart = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

function parsePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString())
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    // Not a token of ours, so another authenticator may know it.
    return undefined
  }
}
