import type { AnyResource } from "../schema/resource.ts"
import type { JsonSchema } from "./dialect.ts"
import type { Operation } from "./operations.ts"

/** The `paths` of a document, in alphabetical order. */
export function byPath(
  operations: readonly Operation[],
  describe: (operations: readonly Operation[], path: string) => JsonSchema,
): JsonSchema {
  const groups = Map.groupBy(operations, ({ path }) => path)
  const paths = [...groups.keys()].sort()
  return Object.fromEntries(paths.map((path) => [path, describe(groups.get(path) ?? [], path)]))
}

const ANSWER_TEXT: ReadonlyMap<number, string> = new Map([
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
  [401, "Unauthorized"],
])

export function answerText(code: number): string {
  return ANSWER_TEXT.get(code) ?? ""
}

/** Kinds beyond `resources` that some operation takes or returns. Of these only the object is defined, not its list. */
export function othersUsed(
  operations: readonly Operation[],
  resources: readonly AnyResource[],
  known: readonly AnyResource[],
): readonly AnyResource[] {
  const own = new Set(resources)
  const used = new Set<string | undefined>()
  for (const { body, answers } of operations) {
    used.add(body?.definition)
    for (const definition of answers.values()) used.add(definition)
  }
  return known
    .filter((resource) => !own.has(resource) && used.has(resource.struct.name))
    .map((resource) => ({ ...resource, verbs: resource.verbs.filter((verb) => verb !== "list") }))
}
