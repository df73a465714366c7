import type { KubeletUser } from "./authentication.ts"

/** What a request does, in the API server's terms: it is about the node and one of its subresources. */
export interface NodeAttributes {
  readonly verb: string
  readonly resource: "nodes"
  readonly subresource: string
  readonly name: string
  readonly path: string
}

/** Asks the API server with a SubjectAccessReview, or an authorizer in this process. */
export type Authorize = (user: KubeletUser, attributes: NodeAttributes) => Promise<boolean>

const verbs: ReadonlyMap<string, string> = new Map([
  ["POST", "create"],
  ["GET", "get"],
  ["PUT", "update"],
  ["PATCH", "patch"],
  ["DELETE", "delete"],
])

/** Subresources by path; the first that covers the path counts. Each of them is enough. */
const subresources: readonly (readonly [path: string, subresources: readonly string[]])[] = [
  ["/pods", ["pods", "proxy"]],
  ["/healthz", ["healthz", "proxy"]],
  ["/configz", ["configz", "proxy"]],
  ["/runningpods", ["pods", "proxy"]],
  ["/stats", ["stats"]],
  ["/metrics", ["metrics"]],
  ["/logs", ["log"]],
  ["/checkpoint", ["checkpoint"]],
  ["/statusz", ["statusz"]],
  ["/flagz", ["configz"]],
]

/** https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/ */
export function attributesOf(method: string, path: string, nodeName: string): readonly NodeAttributes[] {
  const covers = (prefix: string) => path === prefix || path.startsWith(`${prefix}/`)
  const found = subresources.find(([prefix]) => covers(prefix))?.[1] ?? ["proxy"]
  const verb = verbs.get(method) ?? ""
  return found.map((subresource) => ({ verb, resource: "nodes", subresource, name: nodeName, path }))
}

/** Undefined when the user may; else the answer's text. */
export async function whyForbidden(
  user: KubeletUser,
  attributes: readonly NodeAttributes[],
  authorize: Authorize,
): Promise<string | undefined> {
  for (const each of attributes) if (await authorize(user, each)) return undefined
  const names = attributes.map(({ subresource }) => subresource).join(" ")
  const verb = attributes[0]?.verb ?? ""
  return `Forbidden (user=${user.name}, verb=${verb}, resource=nodes, subresource(s)=[${names}])\n`
}
