import { broken, type Invariant } from "../invariant.ts"
import { isTerminating, nameOf, podChange } from "./pods.ts"

/** A pod's life goes one way only, and no identity is given twice. */
export function livesOfPods(): Invariant {
  const seen = new Set<string>()
  return {
    name: "lives of pods",
    onChange(change) {
      const found = podChange(change)
      if (found === undefined) return
      const { after, before } = found
      if (after !== undefined && before === undefined) {
        if (seen.has(after.metadata.uid)) throw broken(`found the uid of ${nameOf(after)} for the second time`)
        seen.add(after.metadata.uid)
      }
      if (after === undefined || before === undefined) return
      const name = nameOf(after)
      if (after.metadata.uid !== before.metadata.uid) throw broken(`${name} has got another uid`)
      if (isTerminating(before) && !isTerminating(after)) throw broken(`${name} is no longer being deleted`)
      const [from, to] = [before.spec.nodeName, after.spec.nodeName]
      if (from !== undefined && from !== to) throw broken(`${name} has moved from node ${from} to ${to}`)
      const [was, is] = [before.status.phase, after.status.phase]
      if ((was === "Succeeded" || was === "Failed") && was !== is) throw broken(`${name} was ${was} and is ${is}`)
    },
  }
}
