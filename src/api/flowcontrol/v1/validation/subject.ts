import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { type Errors, label, NONE, nonEmpty, subdomain } from "../../../core/v1/validation/rules.ts"
import type { ServiceAccountSubject, Subject } from "../flow-schema.ts"

const KINDS = ["Group", "ServiceAccount", "User"]
const MEMBERS = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const

export function validateSubject(subject: Subject, path: FieldPath): Errors {
  switch (subject.kind) {
    case "ServiceAccount":
      return [
        ...validateServiceAccount(subject.serviceAccount, path.child("serviceAccount")),
        ...forbid(subject, ["User", "Group"], path),
      ]
    case "User":
      return [...validateNamed(subject, "User", path), ...forbid(subject, ["ServiceAccount", "Group"], path)]
    case "Group":
      return [...validateNamed(subject, "Group", path), ...forbid(subject, ["ServiceAccount", "User"], path)]
    default:
      return [field.notSupported(path.child("kind"), subject.kind, KINDS)]
  }
}

function forbid(subject: Subject, kinds: readonly (keyof typeof MEMBERS)[], path: FieldPath): Errors {
  return kinds
    .filter((kind) => subject[MEMBERS[kind]] !== undefined)
    .map((kind) => {
      const member = MEMBERS[kind]
      return field.forbidden(path.child(member), `${member} is forbidden when subject kind is not '${kind}'`)
    })
}

function validateNamed(subject: Subject, kind: "User" | "Group", path: FieldPath): Errors {
  const member = MEMBERS[kind]
  const found = subject[member]
  if (found === undefined) {
    return [field.required(path.child(member), `${member} is required when subject kind is '${kind}'`)]
  }
  return nonEmpty(found.name, path.child(member).child("name"))
}

function validateServiceAccount(account: ServiceAccountSubject | undefined, path: FieldPath): Errors {
  if (account === undefined) {
    return [field.required(path, "serviceAccount is required when subject kind is 'ServiceAccount'")]
  }
  const { name, namespace } = account
  return [
    ...(name === "" ? [field.required(path.child("name"))] : name === "*" ? NONE : subdomain(name, path.child("name"))),
    ...(namespace === ""
      ? [field.required(path.child("namespace"), "must specify namespace for service account")]
      : label(namespace, path.child("namespace"))),
  ]
}
