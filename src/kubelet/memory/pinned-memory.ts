import type { Container } from "../../api/core/v1/container.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { NumaNode } from "../../platform/linux/machine-topology.ts"
import type { Platform } from "../../platform/platform.ts"
import type { Counters } from "../counters.ts"
import { AllocationError, type HintProvider } from "../topology/hint-provider.ts"
import { endedFirst } from "../topology/order-of-start.ts"
import { containerMemoryHints, isPinned, podMemoryHints } from "./memory-hints.ts"
import {
  accountFor,
  blocksOf,
  emptyMemory,
  type MemoryBlock,
  type MemoryState,
  type ReservedMemory,
  sameMemory,
} from "./memory-state.ts"
import { readMemoryState, writeMemoryState } from "./memory-state-file.ts"
import { allocateMemory, releaseMemory } from "./static-memory.ts"

/** Hands out memory of NUMA nodes under the static policy, and remembers on disk which is whose. */
export interface PinnedMemory extends HintProvider {
  /** The NUMA nodes of a container's memory; empty: whichever. */
  nodes(podUid: string, container: string): readonly number[]
  /** What a container has from which nodes. */
  of(podUid: string, container: string): readonly MemoryBlock[]
  /** What containers can have from each node, whoever has it now. */
  allocatable(): readonly MemoryBlock[]
  /** A container runs: init containers that it had to wait for give back what they had. */
  started(pod: Pod, container: Container): void
  /** Pods that have something. */
  pods(): readonly string[]
}

/** Throws an `Error` that says what to do when what was noted before does not fit. */
export function openPinnedMemory(options: {
  readonly machine: readonly NumaNode[]
  readonly reserved: ReservedMemory
  /** Such as `/var/lib/kubelet/memory_manager_state`. */
  readonly path: string
  readonly counters: Pick<Counters, "add">
  readonly log: Platform["log"]
}): PinnedMemory {
  const { counters, log, machine, path, reserved } = options
  let state = startingMemory(readMemoryState(path, "Static"), emptyMemory(machine, reserved))
  const change = (next: MemoryState) => {
    writeMemoryState(path, "Static", next)
    state = next
  }
  change(state)
  /** Also when the disk is full: it is noted with the next change. */
  const giveBack = (podUid: string, which?: (container: string) => boolean) => {
    state = releaseMemory(state, podUid, which)
    try {
      writeMemoryState(path, "Static", state)
    } catch (error) {
      log.warn("the memory that a pod gave back was not noted", { pod: podUid, error })
    }
  }
  return {
    hints: (pod, container) => containerMemoryHints(state, pod, container),
    podHints: (pod) => podMemoryHints(state, pod),
    allocate(pod, container, hint) {
      if (!isPinned(pod)) return
      counters.add("kubelet_memory_manager_pinning_requests_total")
      if (blocksOf(state, pod.metadata.uid, container.name) !== undefined) return
      try {
        change(allocateMemory(state, pod, container, hint))
      } catch (error) {
        if (error instanceof AllocationError) counters.add("kubelet_memory_manager_pinning_errors_total")
        throw error
      }
    },
    release(podUid) {
      if (state.assigned.has(podUid)) giveBack(podUid)
    },
    nodes(podUid, container) {
      const ids = (blocksOf(state, podUid, container) ?? []).flatMap(({ nodes }) => nodes)
      return [...new Set(ids)].sort((a, b) => a - b)
    },
    of: (podUid, container) => blocksOf(state, podUid, container) ?? [],
    allocatable: () =>
      [...state.nodes].flatMap(([id, { tables }]) =>
        [...tables].flatMap(([resource, { allocatable: bytes }]) =>
          bytes === 0 ? [] : [{ nodes: [id], resource, bytes }],
        ),
      ),
    started(pod, container) {
      const { uid } = pod.metadata
      const over = new Set(endedFirst(pod, container).map(({ name }) => name))
      const held = [...(state.assigned.get(uid)?.keys() ?? [])]
      if (held.some((name) => over.has(name))) giveBack(uid, (name) => over.has(name))
    },
    pods: () => [...state.assigned.keys()],
  }
}

function startingMemory(before: MemoryState | undefined, empty: MemoryState["nodes"]): MemoryState {
  if (before === undefined || before.nodes.size === 0) {
    if (before !== undefined && before.assigned.size > 0) {
      throw new Error("[memorymanager] machine state can not be empty when it has memory assignments")
    }
    return { nodes: empty, assigned: new Map() }
  }
  if (!sameMemory(before.nodes, accountFor(empty, before.assigned))) {
    throw new Error("[memorymanager] the expected machine state is different from the real one")
  }
  return before
}
