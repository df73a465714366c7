import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { dns1035Label } from "../../../../machinery/names/dns.ts"
import { pathSegmentName, portNumber } from "../../../../machinery/names/identifiers.ts"
import { allOf, type Errors, NONE, nonEmpty, oneOf, subdomain } from "../../../core/v1/validation/rules.ts"
import type { APIServiceSpec, APIServiceStatus, ServiceReference } from "../api-service.ts"

const SPEC = FieldPath.root("spec")
const GROUP_PRIORITY_MAX = 20_000
const VERSION_PRIORITY_MAX = 1000

interface APIServiceObject {
  readonly metadata: ObjectMeta
  readonly spec: APIServiceSpec
}

export function validateApiService({ metadata, spec }: APIServiceObject): Errors {
  const { group = "", version = "", groupPriorityMinimum, versionPriority, service } = spec
  const groupAt = SPEC.child("group")
  return [
    ...validateName(metadata.name ?? "", `${version}.${group}`),
    ...(group === "" && version !== "v1"
      ? [field.required(groupAt, "only v1 may have an empty group and it better be legacy kube")]
      : NONE),
    ...(group === "" ? NONE : subdomain(group, groupAt)),
    ...allOf(dns1035Label(version), version, SPEC.child("version")),
    ...priority(groupPriorityMinimum, GROUP_PRIORITY_MAX, "groupPriorityMinimum"),
    ...priority(versionPriority, VERSION_PRIORITY_MAX, "versionPriority"),
    ...(service === undefined ? validateLocal(spec) : validateRemote(spec, service)),
  ]
}

/** That the name can stand in a path is the rule of its format. */
function validateName(name: string, wanted: string): Errors {
  if (name === wanted || name === "" || pathSegmentName(name).length > 0) return NONE
  return [field.invalid("metadata.name", name, `must be \`spec.version+"."+spec.group\`: ${quote(wanted)}`)]
}

function priority(value: number, max: number, name: string): Errors {
  if (value > 0 && value <= max) return NONE
  return [field.invalid(SPEC.child(name), value, `must be positive and less than ${max}`)]
}

function validateLocal({ caBundle, insecureSkipTLSVerify = false }: APIServiceSpec): Errors {
  const size = Buffer.byteLength(caBundle ?? "", "base64")
  const skip = SPEC.child("insecureSkipTLSVerify")
  return [
    ...(size === 0
      ? NONE
      : [field.invalid(SPEC.child("caBundle"), `${size} bytes`, "local APIServices may not have a caBundle")]),
    ...(insecureSkipTLSVerify
      ? [field.invalid(skip, true, "local APIServices may not have insecureSkipTLSVerify")]
      : NONE),
  ]
}

function validateRemote(spec: APIServiceSpec, { namespace, name, port }: ServiceReference): Errors {
  const path = SPEC.child("service")
  const problems = portNumber(port)
  return [
    ...nonEmpty(namespace, path.child("namespace")),
    ...nonEmpty(name, path.child("name")),
    ...(problems.length === 0
      ? NONE
      : [field.invalid(path.child("port"), port, `port is not valid: ${problems.join(", ")}`)]),
    ...(spec.insecureSkipTLSVerify === true && (spec.caBundle ?? "") !== ""
      ? [field.invalid(SPEC.child("insecureSkipTLSVerify"), true, "may not be true if caBundle is present")]
      : NONE),
  ]
}

export function validateApiServiceStatus({ status }: { readonly status: APIServiceStatus }): Errors {
  const path = FieldPath.root("status", "conditions")
  return (status.conditions ?? []).flatMap((condition, index) =>
    oneOf(condition.status, ["True", "False", "Unknown"], path.index(index).child("status")),
  )
}
