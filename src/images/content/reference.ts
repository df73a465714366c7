import { quote } from "../../machinery/field/quote.ts"
import { ImageError } from "../images.ts"

/** A parsed image name. https://github.com/distribution/reference */
export interface Reference {
  /** Host and optional port: `docker.io`, `localhost:5000`. */
  readonly domain: string
  /** `library/nginx`. */
  readonly path: string
  /** Present unless only a digest was given. */
  readonly tag?: string
  readonly digest?: string
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/
const SHA256 = /^sha256:[0-9a-f]{64}$/
const DOMAIN_LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
const DOMAIN = new RegExp(`^(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const NAME_LENGTH_MAX = 255
const DEFAULT_DOMAIN = "docker.io"

/**
 * Reads a name the way Docker and Kubernetes do: `nginx` is `docker.io/library/nginx:latest`, `localhost/x` and
 * `host:5000/x` name a registry. Throws `ImageError` InvalidReference with the reason.
 */
export function parseReference(text: string): Reference {
  const invalid = (reason: string) =>
    new ImageError("InvalidReference", `couldn't parse image name ${quote(text)}: invalid reference format${reason}`)
  if (text === "") throw invalid("")
  if (/^[0-9a-f]{64}$/.test(text)) throw invalid(": 64 hexadecimal digits are an image id; write sha256:… for it")

  const at = text.indexOf("@")
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const nameAndTag = at < 0 ? text : text.slice(0, at)
  if (digest !== undefined && !DIGEST.test(digest)) throw invalid(`: invalid digest ${JSON.stringify(digest)}`)
  if (digest !== undefined && !SHA256.test(digest)) throw invalid(": only sha256 digests are supported")

  const colon = nameAndTag.indexOf(":", nameAndTag.lastIndexOf("/") + 1)
  const tag = colon < 0 ? undefined : nameAndTag.slice(colon + 1)
  if (tag !== undefined && !TAG.test(tag)) throw invalid(`: invalid tag ${JSON.stringify(tag)}`)
  const { domain, path } = splitDomain(colon < 0 ? nameAndTag : nameAndTag.slice(0, colon))

  if (!DOMAIN.test(domain)) throw invalid(`: invalid registry host ${JSON.stringify(domain)}`)
  if (path !== path.toLowerCase()) throw invalid(`: repository name (${path}) must be lowercase`)
  if (!path.split("/").every((part) => COMPONENT.test(part))) throw invalid("")
  if (path.length > NAME_LENGTH_MAX)
    throw invalid(`: repository name must not be more than ${NAME_LENGTH_MAX} characters`)
  return {
    domain,
    path,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest !== undefined ? { digest } : {}),
  }
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf("/")
  const first = slash < 0 ? "" : name.slice(0, slash)
  const isDomain = first !== "" && (/[.:[]/.test(first) || first === "localhost" || first !== first.toLowerCase())
  let domain = isDomain ? first : DEFAULT_DOMAIN
  let path = isDomain ? name.slice(slash + 1) : name
  if (domain === "index.docker.io") domain = DEFAULT_DOMAIN
  if (domain === DEFAULT_DOMAIN && !path.includes("/")) path = `library/${path}`
  return { domain, path }
}

/** `docker.io/library/nginx`. */
export function repositoryName(ref: Reference): string {
  return `${ref.domain}/${ref.path}`
}

/** The full name under which an image is stored; with a digest the digest decides and the tag is dropped. */
export function canonicalName(ref: Reference): string {
  if (ref.digest !== undefined) return `${repositoryName(ref)}@${ref.digest}`
  return `${repositoryName(ref)}:${ref.tag ?? "latest"}`
}

/** What people write for a full name: `docker.io/library/nginx:latest` becomes `nginx:latest`. */
export function familiarName(full: string): string {
  return full.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, "")
}
