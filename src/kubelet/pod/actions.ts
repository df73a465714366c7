import type { ContainerId, SandboxId } from "../../runtime/runtime.ts"
import type { WantedImage } from "../image/wanted-images.ts"
import type { PodContainer } from "./containers.ts"

/** One thing to do for a pod. Actions of one decision may be performed at the same time. */
export type Action =
  | { readonly do: "mount-volumes" }
  | { readonly do: "run-sandbox"; readonly attempt: number; readonly replaces: boolean }
  | { readonly do: "ensure-image"; readonly container: PodContainer; readonly wanted: WantedImage }
  /** Create, start and run the postStart hook. */
  | {
      readonly do: "start-container"
      readonly container: PodContainer
      readonly attempt: number
      /** Noted on the container for the restart after this one. */
      readonly nextPauseMs: number
    }
  /** Run the preStop hook, then stop with what is left of the grace period. */
  | {
      readonly do: "kill-container"
      readonly id: ContainerId
      readonly name: string
      readonly message: string
      readonly graceMs: number
    }
  /** Applies changed requests and limits to a running container. */
  | { readonly do: "resize-container"; readonly id: ContainerId; readonly container: PodContainer }
  | { readonly do: "stop-sandbox"; readonly id: SandboxId }
  | { readonly do: "remove-container"; readonly id: ContainerId }

/** Names an action's subject: while one is under way no second one with the same key begins. */
export function operationKey(action: Action): string {
  switch (action.do) {
    case "mount-volumes":
      return "volumes"
    case "run-sandbox":
      return "sandbox"
    case "ensure-image":
      return `image:${action.wanted.key}`
    case "start-container":
      // One at a time and in order; ephemeral containers wait for nobody.
      return action.container.kind === "ephemeral" ? `start:${action.container.spec.name}` : "start"
    case "kill-container":
      return `kill:${action.id}`
    case "resize-container":
      return `resize:${action.id}`
    case "stop-sandbox":
      return `stop:${action.id}`
    case "remove-container":
      return `remove:${action.id}`
  }
}

/** Why a container does not run yet, for its status. */
export interface Waiting {
  readonly reason: string
  readonly message: string
}

export interface Decision {
  readonly actions: readonly Action[]
  /** By container name. */
  readonly waiting: ReadonlyMap<string, Waiting>
  /** Nothing is left to run: the pod is to be ended as completed. */
  readonly completed: boolean
  /** When to decide again though nothing happens. */
  readonly wakeAtMs: number | undefined
}
