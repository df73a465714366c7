import { merge } from "../../../machinery/apply/merge.ts"
import { mergeTypeOf } from "../../../machinery/apply/merge-type.ts"
import { appliedProblem } from "../../../machinery/apply/validate-applied.ts"
import {
  type AdmissionResult,
  CostBudget,
  OutOfBudgetError,
} from "../../../machinery/cel/kubernetes/admission-expression.ts"
import { RUNTIME_COST_BUDGET } from "../../../machinery/cel/kubernetes/limits.ts"
import { CelJsonPatch, CelMutatedObject, mutationToJson } from "../../../machinery/cel/kubernetes/mutation-objects.ts"
import { CelList } from "../../../machinery/cel/list.ts"
import type { CelValue } from "../../../machinery/cel/value.ts"
import { decode, type FieldValidation } from "../../../machinery/decode/decode.ts"
import { applyDefaults } from "../../../machinery/defaulting/apply-defaults.ts"
import { applyJsonPatch, PatchError, type PatchOperation, PatchTestError } from "../../../machinery/patch/json-patch.ts"
import type { KubeObject } from "../../../machinery/schema/resource.ts"
import { internalError } from "../../../machinery/status/errors.ts"
import { Evaluation, type Situation, type Variables } from "../matching/evaluation.ts"
import type { ObjectKind } from "../plugin.ts"
import { atomicParts } from "./atomic-parts.ts"
import type { CompiledMutation } from "./mutation-program.ts"

/** A mutation that cannot be made; the message says why, in Kubernetes' words. */
export class MutationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = "MutationError"
  }
}

/** What a mutation's expression gives for one request. */
export function evaluateMutation(
  { expression }: CompiledMutation,
  situation: Situation,
  variables: Variables,
): AdmissionResult {
  if ("error" in expression) return { error: expression.error }
  try {
    return new Evaluation(situation, variables).evaluate(expression, new CostBudget(RUNTIME_COST_BUDGET))
  } catch (error) {
    if (error instanceof OutOfBudgetError) return { error: error.message }
    throw error
  }
}

/** The object with a mutation, decoded and defaulted. Throws `MutationError`, or a 500 for what is no such object. */
export function mutateObject(
  { type }: CompiledMutation,
  value: CelValue,
  before: KubeObject,
  kind: ObjectKind,
): KubeObject {
  return type === "JSONPatch" ? patchObject(value, before, kind) : applyConfiguration(value, before, kind)
}

function patchObject(value: CelValue, before: KubeObject, kind: ObjectKind): KubeObject {
  const operations = value instanceof CelList ? [...value].map(operationOf) : []
  try {
    return toObject(applyJsonPatch(before, operations), kind, "Strict")
  } catch (error) {
    // A test that fails means that there is nothing to do.
    if (error instanceof PatchTestError) return before
    if (error instanceof PatchError) throw new MutationError(`JSON Patch: ${error.message}`)
    throw error
  }
}

function operationOf(value: unknown): PatchOperation {
  if (!(value instanceof CelJsonPatch)) {
    throw new MutationError("type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch")
  }
  const { op, path, from, value: argument } = value
  checkTypeNames(argument)
  return {
    op: op as PatchOperation["op"],
    path,
    ...(from !== "" && { from }),
    ...(argument !== undefined && { value: mutationToJson(argument) }),
  }
}

function applyConfiguration(value: CelValue, before: KubeObject, kind: ObjectKind): KubeObject {
  if (!(value instanceof CelMutatedObject)) {
    throw new MutationError("unsupported return type from ApplyConfiguration expression")
  }
  checkTypeNames(value)
  const { apiVersion, kind: name } = before
  const patch = { ...(mutationToJson(value) as object), apiVersion, kind: name }
  const wrong = (what: string) => new MutationError(`error applying patch: ${what}`)
  const problem = appliedProblem(kind.struct, patch)
  if (problem !== undefined) throw wrong(`failed to convert patch object to typed object: ${problem}`)
  const atomics = atomicParts(mergeTypeOf(kind.struct), patch)
  if (atomics.length > 0) {
    throw wrong(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(", ")}`)
  }
  return toObject(merge(mergeTypeOf(kind.struct), before, patch), kind, "Ignore")
}

function checkTypeNames(value: CelValue | undefined): void {
  const problems = value instanceof CelMutatedObject ? value.typeNameProblems() : []
  if (problems.length > 0) throw new MutationError(`type mismatch: ${problems.join("\n")}`)
}

function toObject(value: unknown, { struct }: ObjectKind, validation: FieldValidation): KubeObject {
  try {
    const { object } = decode(struct, { value, duplicates: [] }, validation)
    applyDefaults(struct, object as never)
    return object as unknown as KubeObject
  } catch (error) {
    throw internalError(error)
  }
}
