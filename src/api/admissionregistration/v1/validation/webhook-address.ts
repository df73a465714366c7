import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import { dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { portNumber } from "../../../../machinery/names/identifiers.ts"
import { type Errors, NONE } from "../../../core/v1/validation/rules.ts"

/** Where a webhook is. Definitions of custom resources use the same rules for their conversion. */
export interface WebhookAddress {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
}

/** `path` is that of the client configuration. */
export function validateWebhookAddress({ url, service }: WebhookAddress, path: FieldPath): Errors {
  if (url !== undefined && service === undefined) return validateUrl(url, path.child("url"))
  if (service !== undefined && url === undefined) return validateService(service, path.child("service"))
  return [field.required(path, "exactly one of url or service is required")]
}

const FORM = "; desired format: https://host[/path]"
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+.-]*:/
const CONTROL = /[\0-\x1f\x7f]/

/** What Go's `url.Parse` finds wrong. */
function unreadable(url: string): string | undefined {
  if (CONTROL.test(url)) return `parse ${quote(url)}: net/url: invalid control character in URL`
  if (url.startsWith(":")) return `parse ${quote(url)}: missing protocol scheme`
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(url.split("?")[0] ?? "")
  if (escape !== null) return `parse ${quote(url)}: invalid URL escape ${quote(escape[0])}`
  const first = url.split(/[/?#]/)[0] ?? ""
  if (!SCHEME.test(url) && first.includes(":")) {
    return `parse ${quote(url)}: first path segment in URL cannot contain colon`
  }
  return undefined
}

function validateUrl(url: string, path: FieldPath): Errors {
  const problem = unreadable(url)
  if (problem !== undefined) return [field.required(path, `url must be a valid URL: ${problem}${FORM}`)]
  const [beforeFragment = "", ...fragments] = url.split("#")
  const [beforeQuery = "", ...queries] = beforeFragment.split("?")
  const [fragment, query] = [fragments.join("#"), queries.join("?")]
  const scheme = (SCHEME.exec(url)?.[0] ?? "").slice(0, -1).toLowerCase()
  const rest = beforeQuery.slice(scheme === "" ? 0 : scheme.length + 1)
  const authority = rest.startsWith("//") ? (rest.slice(2).split("/")[0] ?? "") : ""
  const at = authority.lastIndexOf("@")
  const invalid = (value: string, why: string) => field.invalid(path, value, why)
  return [
    ...(scheme === "https" ? NONE : [invalid(scheme, `'https' is the only allowed URL scheme${FORM}`)]),
    ...(authority.slice(at + 1) === "" ? [invalid("", `host must be specified${FORM}`)] : NONE),
    ...(at < 0 ? NONE : [invalid(authority.slice(0, at), "user information is not permitted in the URL")]),
    ...(fragment === "" ? NONE : [invalid(fragment, "fragments are not permitted in the URL")]),
    ...(query === "" ? NONE : [invalid(query, "query parameters are not permitted in the URL")]),
  ]
}

function validateService(service: NonNullable<WebhookAddress["service"]>, path: FieldPath): Errors {
  const { namespace, name, path: urlPath, port = 0 } = service
  const portProblems = portNumber(port)
  return [
    // Kubernetes hands the two to its check in the wrong order, so each is reported under the other's name.
    ...(namespace === "" ? [field.required(path.child("name"))] : NONE),
    ...(name === "" ? [field.required(path.child("namespace"))] : NONE),
    ...(portProblems.length === 0
      ? NONE
      : [field.invalid(path.child("port"), port, `port is not valid: ${portProblems.join(", ")}`)]),
    ...validateUrlPath(urlPath ?? "", path.child("path")),
  ]
}

function validateUrlPath(urlPath: string, path: FieldPath): Errors {
  if (urlPath === "" || urlPath === "/") return NONE
  const invalid = (why: string) => field.invalid(path, urlPath, why)
  if (urlPath === "//") return [invalid("segment[0] may not be empty")]
  const inner = urlPath.slice(1)
  const steps = (inner.endsWith("/") ? inner.slice(0, -1) : inner).split("/")
  return [
    ...(urlPath.startsWith("/") ? NONE : [invalid("must start with a '/'")]),
    ...steps.flatMap((step, index) =>
      step === ""
        ? [invalid(`segment[${index}] may not be empty`)]
        : dns1123Subdomain(step).map((problem) => invalid(`segment[${index}]: ${problem}`)),
    ),
  ]
}
