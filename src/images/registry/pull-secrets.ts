import { messageOf } from "../../machinery/status/message-of.ts"
import { parseReference, repositoryName } from "../content/reference.ts"
import type { RegistryCredentials } from "../images.ts"

/** An image pull secret: its type and the content of `.dockerconfigjson` or `.dockercfg`. */
export interface PullSecret {
  readonly type: string
  readonly data: ReadonlyMap<string, Uint8Array>
}

interface Entry {
  readonly host: string
  readonly path: string
  readonly credentials: RegistryCredentials
}

const HUB_NAMES = new Set(["index.docker.io", "registry-1.docker.io", "docker.io", "registry.hub.docker.com"])

/**
 * The credentials in pull secrets that fit an image, the most specific first, as the kubelet matches them: by host
 * (`*` stands for part of a label, the port must be equal) and by path prefix. Several may fit; the puller tries each.
 * Secrets of other types and damaged ones are skipped and named in `problems`.
 * https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
export function credentialsFor(
  image: string,
  secrets: readonly PullSecret[],
): { readonly credentials: readonly RegistryCredentials[]; readonly problems: readonly string[] } {
  const repository = repositoryName(parseReference(image))
  const problems: string[] = []
  const entries = secrets.flatMap((secret) => {
    try {
      return entriesOf(secret)
    } catch (error) {
      problems.push(messageOf(error))
      return []
    }
  })
  const fitting = entries.filter((entry) => matches(entry, repository))
  // Longer paths are more specific. The sort is stable, so otherwise the order of the secrets decides.
  const sorted = fitting.toSorted((a, b) => b.host.length + b.path.length - a.host.length - a.path.length)
  return { credentials: sorted.map((entry) => entry.credentials), problems }
}

/** Whether a pattern such as `*.azurecr.io` or `registry.io:8080/path` is for a repository. */
export function fitsRepository(pattern: string, repository: string): boolean {
  const [host = "", ...path] = pattern.split("/")
  return matches({ host: host.toLowerCase(), path: path.map((part) => `/${part}`).join("") }, repository)
}

function entriesOf(secret: PullSecret): Entry[] {
  const isModern = secret.type === "kubernetes.io/dockerconfigjson"
  if (!isModern && secret.type !== "kubernetes.io/dockercfg") return []
  const key = isModern ? ".dockerconfigjson" : ".dockercfg"
  const data = secret.data.get(key)
  if (!data) throw new Error(`a pull secret of type ${secret.type} has no key ${key}`)
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(data).toString("utf8"))
  } catch (cause) {
    throw new Error(`${key} of a pull secret is not JSON`, { cause })
  }
  const auths = isModern ? field(json, "auths") : json
  if (typeof auths !== "object" || auths === null) throw new Error(`${key} of a pull secret has no registries`)
  return Object.entries(auths).map(([location, auth]) => ({
    ...locate(location),
    credentials: credentialsOf(auth, location),
  }))
}

/** `https://index.docker.io/v1/`, `quay.io/team`, `*.example.com:5000`. Versions in old-style paths mean nothing. */
function locate(location: string): { host: string; path: string } {
  const bare = location.replace(/^https?:\/\//, "")
  const slash = bare.indexOf("/")
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase()
  const path = withoutLast("/", (slash < 0 ? "" : bare.slice(slash)).replace(/^\/v[12]\/?/, "/"))
  return { host: HUB_NAMES.has(host) ? "docker.io" : host, path }
}

/** Without such characters at the end. A pattern would look for them from each place of a long text. */
function withoutLast(character: string, text: string): string {
  let { length } = text
  while (text[length - 1] === character) length--
  return text.slice(0, length)
}

function credentialsOf(auth: unknown, location: string): RegistryCredentials {
  const text = (name: string) => {
    const value = field(auth, name)
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const encoded = text("auth")
  let username = text("username")
  let password = text("password")
  if (encoded !== undefined) {
    const decoded = Buffer.from(encoded, "base64").toString("utf8")
    const colon = decoded.indexOf(":")
    if (colon < 0) throw new Error(`the auth of ${location} in a pull secret is not base64 of user:password`)
    username = decoded.slice(0, colon)
    password = withoutLast("\0", decoded.slice(colon + 1))
  }
  const identityToken = text("identitytoken")
  const registryToken = text("registrytoken")
  return {
    ...(username !== undefined ? { username } : {}),
    ...(password !== undefined ? { password } : {}),
    ...(identityToken !== undefined ? { identityToken } : {}),
    ...(registryToken !== undefined ? { registryToken } : {}),
  }
}

function matches(entry: Pick<Entry, "host" | "path">, repository: string): boolean {
  const slash = repository.indexOf("/")
  const [wantHost, wantPort] = splitPort(repository.slice(0, slash).toLowerCase())
  const [host, port] = splitPort(entry.host)
  if (port !== wantPort) return false
  const labels = host.split(".")
  const wantLabels = wantHost.split(".")
  if (labels.length !== wantLabels.length) return false
  if (!labels.every((label, i) => globMatches(label, wantLabels[i] ?? ""))) return false
  return repository.slice(slash).startsWith(entry.path)
}

function splitPort(host: string): [string, string] {
  const match = /^(.*?)(?::(\d+))?$/.exec(host)
  return [match?.[1] ?? host, match?.[2] ?? ""]
}

function globMatches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  return new RegExp(`^${expression}$`).test(text)
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}
