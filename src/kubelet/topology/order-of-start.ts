import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"

export interface Starting {
  readonly container: Container
  /** It ends before the next one begins. */
  readonly isPassing: boolean
}

/** Init containers begin first, one after the other; all but sidecars end before the next. */
export function inOrderOfStart({ spec }: Pod): Starting[] {
  const init = (spec.initContainers ?? []).map((container) => {
    return { container, isPassing: container.restartPolicy !== "Always" }
  })
  return [...init, ...spec.containers.map((container) => ({ container, isPassing: false }))]
}

function beginFirst(pod: Pod, { name }: Container): Starting[] {
  const all = inOrderOfStart(pod)
  const at = all.findIndex(({ container }) => container.name === name)
  return all.slice(0, at < 0 ? all.length : at)
}

/** The init containers that end before `before` begins. */
export function endedFirst(pod: Pod, before: Container): Container[] {
  return beginFirst(pod, before).flatMap(({ container, isPassing }) => (isPassing ? [container] : []))
}

/** What init containers have for themselves that end before `before` begins, and no other container has taken over. */
export function leftBefore<T>(pod: Pod, before: Container, heldBy: (container: string) => Iterable<T>): Set<T> {
  const left = new Set<T>()
  for (const { container, isPassing } of beginFirst(pod, before)) {
    for (const item of heldBy(container.name)) {
      if (isPassing) left.add(item)
      else left.delete(item)
    }
  }
  return left
}
