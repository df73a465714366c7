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

/** The definitions that requests and answers refer to. */
export function definitionsUsed(operations: readonly Operation[]): ReadonlySet<string> {
  const used = new Set<string>()
  for (const { body, answers } of operations) {
    for (const name of [body?.definition, ...answers.values()]) if (name !== undefined) used.add(name)
  }
  return used
}

/** Kinds beyond `resources` that are used. Of these only the object is defined, not its list. */
export function othersUsed(
  used: ReadonlySet<string>,
  resources: readonly AnyResource[],
  known: readonly AnyResource[],
): readonly AnyResource[] {
  const own = new Set(resources)
  return known
    .filter((resource) => !own.has(resource) && used.has(resource.struct.name))
    .map((resource) => ({ ...resource, verbs: resource.verbs.filter((verb) => verb !== "list") }))
}
