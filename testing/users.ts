import type { TokenAuthenticator } from "../src/apiserver/authentication/authenticator.ts"
import type { UserInfo } from "../src/apiserver/call.ts"
import type { Transport } from "../src/client/transport.ts"
import { realRandom } from "../src/platform/node/random.ts"
import type { TestUser } from "./test-cluster.ts"

export const ADMIN: TestUser = { name: "admin", groups: ["system:masters"] }

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):[^:]+$/

/** Who somebody is, with the groups that come with the name as if it had logged in. */
export function userInfo(user: string | TestUser): UserInfo {
  const { extra = new Map(), groups = [], name, uid } = typeof user === "string" ? { name: user } : user
  const namespace = SERVICE_ACCOUNT.exec(name)?.[1]
  const implied = [
    ...(namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]),
    ...(name.startsWith("system:node:") ? ["system:nodes"] : []),
    name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated",
  ]
  return { name, groups: [...new Set([...groups, ...implied])], extra, ...(uid !== undefined && { uid }) }
}

/** Bearer tokens for kubeconfigs. They are never guessable, whatever the seed. */
export class TestTokens {
  readonly #users = new Map<string, UserInfo>()

  issue(user: UserInfo): string {
    const token = `test.${Buffer.from(realRandom.bytes(32)).toString("base64url")}`
    this.#users.set(token, user)
    return token
  }

  readonly authenticate: TokenAuthenticator = (token) => this.#users.get(token)
}

/** Gives callers copies: what the server hands out in process is its own. */
export function copying(transport: Transport): Transport {
  return {
    async send(request) {
      const { body } = request
      const sent = body === undefined ? request : { ...request, body: structuredClone(body) }
      return structuredClone(await transport.send(sent))
    },
    async *watch(request) {
      for await (const event of transport.watch(request)) yield structuredClone(event)
    },
  }
}

/** For any client over HTTPS. */
export function kubeconfig(facts: {
  readonly url: string
  /** PEM. */
  readonly ca: string
  readonly user: string
  readonly token: string
}): string {
  const quoted = (text: string) => JSON.stringify(text)
  return `apiVersion: v1
kind: Config
current-context: gantry-test
clusters:
- name: gantry-test
  cluster:
    server: ${quoted(facts.url)}
    certificate-authority-data: ${Buffer.from(facts.ca).toString("base64")}
contexts:
- name: gantry-test
  context:
    cluster: gantry-test
    user: ${quoted(facts.user)}
users:
- name: ${quoted(facts.user)}
  user:
    token: ${quoted(facts.token)}
`
}
