import { createHmac } from "node:crypto"

const PREFIX = "jws-kubeconfig-"
const CONTENT = "kubeconfig"

export interface SigningToken {
  readonly id: string
  readonly secret: string
}

/**
 * A JWS without its content, which stands beside it. https://www.rfc-editor.org/rfc/rfc7515#appendix-F
 */
export function detachedSignature(content: string, { id, secret }: SigningToken): string {
  const header = Buffer.from(JSON.stringify({ alg: "HS256", kid: id })).toString("base64url")
  const payload = Buffer.from(content).toString("base64url")
  return `${header}..${createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url")}`
}

type Data = Readonly<Record<string, string>>

/** The data with exactly the signatures of these tokens; undefined when it has them already, or nothing to sign. */
export function signed(data: Data = {}, tokens: readonly SigningToken[]): Data | undefined {
  const content = Object.hasOwn(data, CONTENT) ? data[CONTENT] : undefined
  if (content === undefined) return undefined
  const signatures = new Map(tokens.map((token) => [`${PREFIX}${token.id}`, detachedSignature(content, token)]))
  const before = Object.keys(data).filter((key) => key.startsWith(PREFIX))
  const isSame = before.length === signatures.size && before.every((key) => signatures.get(key) === data[key])
  if (isSame) return undefined
  const others = Object.entries(data).filter(([key]) => !key.startsWith(PREFIX))
  return Object.fromEntries([...others, ...signatures])
}
