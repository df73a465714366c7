import { printFound } from "../../machinery/json-path/print.ts"
import { isObject } from "../../machinery/patch/structure.ts"
import type { KubeObject, ScalePaths } from "../../machinery/schema/resource.ts"
import { badRequest, internalError } from "../../machinery/status/errors.ts"
import type { DraftObject } from "./draft.ts"

/** Numbers of replicas that stand where a custom resource definition says. */
export interface FoundScale {
  /** Undefined: it is not set. */
  readonly specReplicas: number | undefined
  readonly statusReplicas: number
  readonly selector: string
}

/** Throws a 500 when something else than a number stands there. */
export function findScale(object: KubeObject, paths: ScalePaths): FoundScale {
  return {
    specReplicas: numberAt(object, paths.specReplicasPath),
    statusReplicas: numberAt(object, paths.statusReplicasPath) ?? 0,
    selector: paths.labelSelectorPath ? (textAt(object, paths.labelSelectorPath) ?? "") : "",
  }
}

/** Throws a 500 when the path leads through something that is no object. */
export function setSpecReplicas(draft: DraftObject, { specReplicasPath }: ScalePaths, replicas: number): void {
  const names = namesOf(specReplicasPath)
  const last = names.pop() ?? ""
  let place: Record<string, unknown> = draft
  for (const name of names) {
    if (!Object.hasOwn(place, name) || place[name] === null) place[name] = {}
    const next = place[name]
    if (!isObject(next)) throw internalError(new Error(`value cannot be set because ${name} is not an object`))
    place = next as Record<string, unknown>
  }
  place[last] = replicas
}

export function missingReplicas({ specReplicasPath }: ScalePaths, verb: "get" | "change"): Error {
  const path = JSON.stringify(specReplicasPath)
  return verb === "get"
    ? internalError(new Error(`the spec replicas field ${path} does not exist`))
    : badRequest(`the spec replicas field ${path} cannot be empty`)
}

/** `.spec.replicas` as the names on the way. */
export const namesOf = (path: string): string[] => path.replace(/^\./, "").split(".")

function valueAt(object: KubeObject, path: string): unknown {
  let value: unknown = object
  for (const name of namesOf(path)) {
    if (!isObject(value)) return undefined
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

function numberAt(object: KubeObject, path: string): number | undefined {
  const value = valueAt(object, path)
  if (value === undefined || typeof value === "number") return value
  throw wrongType(path, value, "int64")
}

function textAt(object: KubeObject, path: string): string | undefined {
  const value = valueAt(object, path)
  if (value === undefined || typeof value === "string") return value
  throw wrongType(path, value, "string")
}

function wrongType(path: string, value: unknown, expected: string): Error {
  const found = value === null ? "<nil>" : typeof value
  const text = `${path} accessor error: ${printFound(value)} is of the type ${found}, expected ${expected}`
  return internalError(new Error(text))
}
