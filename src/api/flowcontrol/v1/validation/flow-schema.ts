import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { type Errors, NONE, subdomain } from "../../../core/v1/validation/rules.ts"
import type { FlowSchemaSpec, PolicyRulesWithSubjects } from "../flow-schema.ts"
import { EXEMPT, mandatoryFlowSchemas } from "../mandatory.ts"
import { validateNonResourceRule, validateResourceRule } from "./policy-rule.ts"
import { validateSubject } from "./subject.ts"

const SPEC = FieldPath.root("spec")
const PRECEDENCE_MAX = 10000
const DISTINGUISHERS = ["ByNamespace", "ByUser"]

interface FlowSchemaObject {
  readonly metadata: ObjectMeta
  readonly spec: FlowSchemaSpec
}

export function validateFlowSchema({ metadata, spec }: FlowSchemaObject): Errors {
  const { name = "" } = metadata
  const fixed = mandatoryFlowSchemas.get(name)
  return [
    ...validateSpec(spec, name),
    ...(fixed === undefined || deepEqual(spec, fixed)
      ? NONE
      : [field.invalid(SPEC, spec, `spec of '${name}' must equal the fixed value`)]),
  ]
}

function validateSpec(spec: FlowSchemaSpec, name: string): Errors {
  const { matchingPrecedence, distinguisherMethod, priorityLevelConfiguration: level, rules = [] } = spec
  const levelName = SPEC.child("priorityLevelConfiguration").child("name")
  const method = SPEC.child("distinguisherMethod").child("type")
  return [
    ...validatePrecedence(matchingPrecedence, name),
    // As in Kubernetes, the value shown is the whole struct with the names that it has in Go.
    ...(distinguisherMethod === undefined || DISTINGUISHERS.includes(distinguisherMethod.type)
      ? NONE
      : [field.notSupported(method, { Type: distinguisherMethod.type }, DISTINGUISHERS)]),
    ...(level.name === ""
      ? [field.required(levelName, "must reference a priority level")]
      : subdomain(level.name, levelName)),
    ...rules.flatMap((rule, index) => validateRules(rule, SPEC.child("rules").index(index))),
  ]
}

function validatePrecedence(precedence: number, name: string): Errors {
  const invalid = (why: string) => [field.invalid(SPEC.child("matchingPrecedence"), precedence, why)]
  if (precedence <= 0) return invalid("must be a positive value")
  if (precedence > PRECEDENCE_MAX) return invalid(`must not be greater than ${PRECEDENCE_MAX}`)
  if (precedence === 1 && name !== EXEMPT) {
    return invalid("only the schema named 'exempt' may have matchingPrecedence 1")
  }
  return NONE
}

function validateRules(rules: PolicyRulesWithSubjects, path: FieldPath): Errors {
  const { subjects, resourceRules = [], nonResourceRules = [] } = rules
  return [
    ...(subjects.length === 0
      ? [field.required(path.child("subjects"), "subjects must contain at least one value")]
      : subjects.flatMap((subject, index) => validateSubject(subject, path.child("subjects").index(index)))),
    ...(resourceRules.length + nonResourceRules.length === 0
      ? [field.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")]
      : NONE),
    ...resourceRules.flatMap((rule, index) => validateResourceRule(rule, path.child("resourceRules").index(index))),
    ...nonResourceRules.flatMap((rule, index) =>
      validateNonResourceRule(rule, path.child("nonResourceRules").index(index)),
    ),
  ]
}

interface Conditions {
  readonly status: { readonly conditions?: readonly { readonly type?: string }[] }
}

/** Of flow schemas and of priority levels. */
export function validateConditions({ status }: Conditions): Errors {
  const path = FieldPath.root("status", "conditions")
  const seen = new Set<string>()
  return (status.conditions ?? []).flatMap(({ type = "" }, index) => {
    const at = path.index(index).child("type")
    const repeated = seen.has(type) ? [field.duplicate(at, type)] : NONE
    seen.add(type)
    return type === "" ? [...repeated, field.required(at)] : repeated
  })
}
