import type { UserInfo } from "../src/apiserver/call.ts"
import type { Client } from "../src/client/client.ts"
import type { ControllerDefinition } from "../src/controllers/define-controller.ts"
import type { KubeObject } from "../src/machinery/schema/resource.ts"
import type { LogLevel } from "../src/platform/node/logger.ts"
import type { Platform } from "../src/platform/platform.ts"
import type { Duration } from "./duration.ts"
import type { Faults } from "./faults.ts"
import type { HistoryEntry } from "./history.ts"
import type { Use } from "./nodes/container-usage.ts"
import type { FakeNodeOptions } from "./nodes/fake-node.ts"
import type { ContainerMatch, Exit, Stages } from "./nodes/stages.ts"

export interface TestClusterOptions {
  /** How many fake nodes, or what each of them is like. Default: none. */
  readonly nodes?: number | readonly FakeNodeOptions[]
  /**
   * `virtual` (default): time stands still until the test moves it, and the same seed gives the same history. `real`:
   * the machine's clock and random numbers.
   */
  readonly clock?: "virtual" | "real"
  /** Decides every random number of a cluster on virtual time. Default: 1. */
  readonly seed?: number
  /** The virtual time at the beginning. Default: 2026-01-01T00:00:00Z. */
  readonly start?: Date
  /** What components say on standard error. Default: nothing. */
  readonly logLevel?: LogLevel
  /** Listens from the beginning. Default: once somebody asks for a URL or a kubeconfig. Port 0 takes any free one. */
  readonly listen?: { readonly host?: string; readonly port?: number }
}

/**
 * A Kubernetes cluster inside the caller's process: API server, every controller and the scheduler on a store in memory,
 * with fake nodes. Ends with `close()`, or at the end of the block of `await using`.
 */
export interface TestCluster extends AsyncDisposable {
  /** As a member of `system:masters`. Objects that it returns belong to the caller. */
  readonly client: Client
  /** A client with another identity, such as `alice` or `system:serviceaccount:default:web`; authorized like any other. */
  as(user: string | TestUser): Client
  /** `https://127.0.0.1:PORT`. Begins to listen when nobody has asked before. */
  url(): Promise<string>
  /** The text of a kubeconfig file for any client over HTTPS. Default user: a member of `system:masters`. */
  kubeconfig(user?: string | TestUser): Promise<string>

  readonly clock: TestClock
  /** For code under test that takes time, random numbers and logs from outside, as all of Gantry does. */
  readonly platform: Platform
  /**
   * Resolves when no control loop has work left and no request is under way. On virtual time it passes the short pauses
   * (up to a second) that control loops make between tries, and no longer ones. `also` names what else has to hold, for
   * loops of the test's own. Throws when there is no end in sight, and says what is going on.
   */
  settled(also?: () => boolean): Promise<void>

  readonly nodes: TestNodes
  readonly pods: TestPods
  readonly faults: Faults
  /**
   * Ends a component as `kill -9` would: `kube-apiserver`, `kube-scheduler`, `kube-controller-manager`, `kubelet/NODE`,
   * or the name of one controller, such as `deployment-controller`. What is crashed already stays so. Throws
   * `TypeError` for other names.
   */
  crash(component: string): Promise<void>
  /** Starts it again, from what the API server has (or the store, for the API server itself). */
  restart(component: string): Promise<void>
  /** The names that `crash` and `restart` know. */
  readonly components: readonly string[]
  /** Runs a controller of the test's own as one more component, with all rights. Ends with the cluster. */
  run(controller: ControllerDefinition): void

  /**
   * Every change after a revision (default: since the beginning) that the store still has, in order. The same seed and
   * steps give the same.
   */
  history(afterRevision?: number): Promise<readonly HistoryEntry[]>
  /** Ends everything. Nothing is left: no timer, socket or file. */
  close(): Promise<void>
}

export interface TestUser extends Pick<UserInfo, "name"> {
  /** Besides those that come with the name. */
  readonly groups?: readonly string[]
  readonly uid?: string
  readonly extra?: ReadonlyMap<string, readonly string[]>
}

export interface TestClock {
  readonly now: Date
  /** Sets the wall clock, as an administrator may: nothing falls due by it that is not dated. Throws on a real clock. */
  set(to: Date): void
  /** Moves virtual time, doing everything that falls due. Throws on a cluster with a real clock. */
  advance(by: Duration): Promise<void>
  /**
   * Moves virtual time from one thing due to the next until `done()` holds. Throws when it does not within `limit`
   * (default: one hour), and on a cluster with a real clock.
   */
  advanceUntil(done: () => boolean | Promise<boolean>, limit?: Duration): Promise<void>
}

export interface TestNodes {
  readonly names: readonly string[]
  /** Adds a node. Resolves, with its name, when it is registered. */
  add(options?: FakeNodeOptions): Promise<string>
  /** How containers behave from now on. Returns a function that takes the rule back. Later rules win. */
  stage(match: ContainerMatch, stages: Stages): () => void
  /** The machine loses its power: all its containers, and its kubelet, until `restart("kubelet/NODE")`. */
  powerOff(name: string): Promise<void>
}

/** What happens to containers that run. Throws when there is no such container. */
export interface TestPods {
  /** The container ends. Default: the first one that runs, with code 0. */
  exit(pod: PodRef, exit?: Partial<Omit<Exit, "after" | "times">>, container?: string): void
  setReady(pod: PodRef, ready: boolean, container?: string): void
  /** The container uses so much from now on, until it ends; `nodes.stage` says it for all of some kind. */
  use(pod: PodRef, use: Use, container?: string): void
  /** The liveness probe fails: the kubelet kills the container, and starts it again if it is meant to run. */
  failLiveness(pod: PodRef, container?: string): void
}

/** `namespace/name`, or the pod. */
export type PodRef = string | Pick<KubeObject, "metadata">
