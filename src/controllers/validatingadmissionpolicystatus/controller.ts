import { ValidatingAdmissionPolicy } from "../../api/admissionregistration/v1/validating-admission-policy.ts"
import { CustomResourceDefinition } from "../../api/apiextensions/v1/custom-resource-definition.ts"
import { declareSchema } from "../../machinery/cel/kubernetes/schema-type.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { parseStructural, StructuralError } from "../../machinery/structural/parse-structural.ts"
import { type ControllerDefinition, defineController } from "../define-controller.ts"
import { declareStruct } from "./declared-struct.ts"
import { expressionWarnings, type KnownKind } from "./plan.ts"

const NAME = "validatingadmissionpolicy-status-controller"

/**
 * Checks the expressions of policies against the types of what they are about, and says in their status what is wrong.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */
export function validatingAdmissionPolicyStatus(resources: readonly AnyResource[]): ControllerDefinition {
  const builtin = resources.map(builtinKind)
  return defineController({
    name: NAME,
    reads: [ValidatingAdmissionPolicy, CustomResourceDefinition],
    writes: [{ resource: ValidatingAdmissionPolicy, verbs: ["get", "patch", "update"], subresource: "status" }],
    start(context) {
      const policies = context.informer(ValidatingAdmissionPolicy)
      const definitions = context.informer(CustomResourceDefinition)
      context.enqueueOn(ValidatingAdmissionPolicy)
      return async (name) => {
        const policy = policies.get(name)
        const generation = policy?.metadata.generation ?? 0
        if (policy === undefined || generation <= (policy.status.observedGeneration ?? 0)) return
        const warnings = expressionWarnings(policy, [...builtin, ...definitions.list().flatMap(customKinds)])
        const typeChecking = warnings.length > 0 ? { expressionWarnings: warnings } : {}
        const { apiVersion, kind } = ValidatingAdmissionPolicy
        const status = { observedGeneration: generation, typeChecking }
        try {
          await context.client
            .of(ValidatingAdmissionPolicy)
            .patch(
              { name },
              { apiVersion, kind, metadata: { name }, status },
              { type: "apply", subresource: "status", fieldManager: NAME, force: true },
            )
        } catch (error) {
          if (!isNotFound(error)) throw error
        }
      }
    },
  })
}

function builtinKind({ group, version, kind, plural, struct }: AnyResource): KnownKind {
  return { group, version, kind, plural, declared: () => declareStruct(struct, kind) }
}

function customKinds({ spec }: CustomResourceDefinition): readonly KnownKind[] {
  const { group, names } = spec
  const { kind, plural } = names
  return spec.versions
    .filter(({ served }) => served)
    .map(({ name: version, schema }) => {
      const declared = () => {
        const source = schema?.openAPIV3Schema
        if (source === undefined) return undefined
        try {
          return declareSchema(parseStructural(source), kind, true)
        } catch (error) {
          if (error instanceof StructuralError) return undefined
          throw error
        }
      }
      return { group, version, kind, plural, declared }
    })
}
