import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1123Subdomain, wildcardDns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { address, allOf, type Errors, NONE, nonEmpty, subdomain } from "../../../core/v1/validation/rules.ts"
import type { HTTPIngressPath, IngressRule, IngressSpec, IngressStatus, IngressTLS } from "../ingress.ts"
import { validateBackend } from "./ingress-backend.ts"

const SPEC = FieldPath.root("spec")
export const CLASS_ANNOTATION = "kubernetes.io/ingress.class"

interface IngressObject {
  readonly metadata: ObjectMeta
  readonly spec: IngressSpec
}

export function validateIngress({ spec }: IngressObject): Errors {
  const { rules = [], tls = [], defaultBackend, ingressClassName } = spec
  const className = SPEC.child("ingressClassName")
  return [
    ...(rules.length === 0 && defaultBackend === undefined
      ? [field.invalid(SPEC, spec.rules, "either `defaultBackend` or `rules` must be specified")]
      : NONE),
    ...(defaultBackend === undefined ? NONE : validateBackend(defaultBackend, SPEC.child("defaultBackend"))),
    ...rules.flatMap((rule, index) => validateRule(rule, SPEC.child("rules").index(index))),
    ...tls.flatMap((entry, index) => validateTls(entry, SPEC.child("tls").index(index))),
    ...(ingressClassName === undefined ? NONE : subdomain(ingressClassName, className)),
  ]
}

/** Old and new way to name the class must agree; an ingress that has been stored may keep both. */
export function validateNewIngress({ metadata, spec }: IngressObject): Errors {
  const annotated = metadata.annotations?.[CLASS_ANNOTATION]
  if (annotated === undefined || spec.ingressClassName === undefined || annotated === spec.ingressClassName) return NONE
  const path = FieldPath.root("annotations", CLASS_ANNOTATION)
  return [field.invalid(path, annotated, "must match `ingressClassName` when both are specified")]
}

function validateTls({ hosts = [], secretName }: IngressTLS, path: FieldPath): Errors {
  return [
    ...hosts.flatMap((host, index) => hostName(host, path.child("hosts").index(index))),
    ...(secretName ? subdomain(secretName, path.child("secretName")) : NONE),
  ]
}

function hostName(host: string, path: FieldPath): Errors {
  return allOf(host.includes("*") ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host), host, path)
}

function isAddress(host: string): boolean {
  return address(host, FieldPath.root()).length === 0
}
const noAddress = (host: string, path: FieldPath): Errors =>
  isAddress(host) ? [field.invalid(path, host, "must be a DNS name, not an IP address")] : NONE

function validateRule({ host = "", http }: IngressRule, path: FieldPath): Errors {
  const at = path.child("host")
  const paths = path.child("http").child("paths")
  return [
    ...(host === "" ? NONE : [...noAddress(host, at), ...hostName(host, at)]),
    ...(http === undefined
      ? NONE
      : [...nonEmpty(http.paths, paths), ...http.paths.flatMap((one, index) => validatePath(one, paths.index(index)))]),
  ]
}

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"]
const PATH_PARTS = ["//", "/./", "/../", "%2f", "%2F"]
const PATH_ENDS = ["/..", "/."]

function validatePath({ path: text = "", pathType, backend }: HTTPIngressPath, path: FieldPath): Errors {
  if (pathType === undefined) return [field.required(path.child("pathType"), "pathType must be specified")]
  const at = path.child("path")
  const isStrict = pathType === "Exact" || pathType === "Prefix"
  const relative = !text.startsWith("/") && (isStrict || text !== "")
  const known = PATH_TYPES.includes(pathType)
  return [
    ...(known ? NONE : [field.notSupported(path.child("pathType"), pathType, PATH_TYPES)]),
    ...(known && relative ? [field.invalid(at, text, "must be an absolute path")] : NONE),
    ...(isStrict ? ambiguousParts(text, at) : NONE),
    ...validateBackend(backend, path.child("backend")),
  ]
}

function ambiguousParts(text: string, path: FieldPath): Errors {
  const parts = PATH_PARTS.filter((part) => text.includes(part)).map((part) => `must not contain '${part}'`)
  const ends = PATH_ENDS.filter((end) => text.endsWith(end)).map((end) => `cannot end with '${end}'`)
  return allOf([...parts, ...ends], text, path)
}

export function validateIngressStatus({ status }: { readonly status: IngressStatus }): Errors {
  const path = FieldPath.root("status", "loadBalancer", "ingress")
  return (status.loadBalancer.ingress ?? []).flatMap(({ ip = "", hostname = "" }, index) => {
    const at = path.index(index).child("hostname")
    return [
      ...(ip === "" ? NONE : address(ip, path.index(index).child("ip"))),
      ...(hostname === "" ? NONE : [...subdomain(hostname, at), ...noAddress(hostname, at)]),
    ]
  })
}
