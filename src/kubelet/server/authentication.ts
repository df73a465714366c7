import type { IncomingMessage } from "node:http"
import { TLSSocket } from "node:tls"

/** Who sends a request. */
export interface KubeletUser {
  readonly name: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** Who a bearer token belongs to; undefined when nobody's. Asks the API server with a TokenReview. */
export type AuthenticateToken = (token: string) => Promise<KubeletUser | undefined>

const AUTHENTICATED = "system:authenticated"

/** By client certificate, else by bearer token. There is no anonymous access. */
export async function authenticate(
  request: IncomingMessage,
  authenticateToken: AuthenticateToken | undefined,
): Promise<KubeletUser | undefined> {
  const certified = certificateUser(request)
  if (certified !== undefined) return certified
  const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? []
  if (token === undefined || authenticateToken === undefined) return undefined
  const user = await authenticateToken(token)
  return user && withGroup(user)
}

function certificateUser({ socket }: IncomingMessage): KubeletUser | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate()
  const name = listOf(subject?.CN)[0]
  return name === undefined ? undefined : withGroup({ name, groups: listOf(subject.O) })
}

/** A subject that has an attribute several times shows it as a list. */
function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat()
}

function withGroup(user: KubeletUser): KubeletUser {
  return { ...user, groups: [...new Set([...user.groups, AUTHENTICATED])] }
}
