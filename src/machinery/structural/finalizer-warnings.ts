import { quote } from "../field/quote.ts"
import type { ObjectMeta } from "../meta/object-meta.ts"
import { qualifiedName } from "../names/labels.ts"
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER } from "../validation/object-meta.ts"

const STANDARD: ReadonlySet<string> = new Set([ORPHAN_FINALIZER, FOREGROUND_FINALIZER, "kubernetes"])
const AVOID = "to avoid accidental conflicts with other finalizer writers"

/** About new finalizers of custom resources whose names others might use too. */
export function finalizerWarnings({ finalizers }: ObjectMeta, old: ObjectMeta | undefined): readonly string[] {
  const before = new Set(old?.finalizers)
  const added = [...new Set(finalizers)].filter((name) => !before.has(name)).toSorted()
  return added.flatMap((name) => {
    const warn = (text: string) => `metadata.finalizers: ${quote(name)}: ${text}`
    const problems = qualifiedName(name).map(warn)
    if (name.includes("/") || STANDARD.has(name)) return problems
    const prefer = name.includes(".")
      ? "prefer a domain-qualified finalizer name including a path (/)"
      : "prefer a domain-qualified finalizer name"
    return [...problems, warn(`${prefer} ${AVOID}`)]
  })
}
