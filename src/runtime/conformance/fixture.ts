import { once } from "node:events"
import type {
  ContainerConfig,
  ContainerId,
  ContainerRuntime,
  ContainerStatus,
  NamespaceOptions,
  PodSandboxConfig,
  RuntimeErrorCode,
  SandboxId,
} from "../runtime.ts"
import { isRuntimeError } from "../runtime.ts"

/** What a runtime needs to be tested by `testRuntime`. */
export interface RuntimeSubject {
  readonly runtime: ContainerRuntime
  /** An image that is there, with the programs below. */
  readonly image: string
  /** Parent of the pods' cgroups. */
  readonly cgroupParent: string
  /** Parent of the pods' log folders. */
  readonly logDirectory: string
  /** Awaits a promise that needs time to pass: a simulated clock is moved meanwhile. */
  settle<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Command lines that the suite uses. A runtime without real programs plays them. */
export const conformancePrograms = {
  runs: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait; done"],
  ignoresTerm: ["sh", "-c", "trap '' TERM; while :; do sleep 1000; done"],
  endsWell: ["sh", "-c", "exit 0"],
  endsBadly: ["sh", "-c", "exit 3"],
  cannotStart: ["/no/such/program"],
  copiesInput: ["cat"],
  echoesOnPort: ["nc", "-ll", "-p", "7000", "-e", "cat"],
} as const
export const conformanceCommands = {
  speaks: ["sh", "-c", "echo out; echo err >&2; exit 7"],
  hangs: ["sleep", "1000"],
  copiesInput: ["cat"],
  /** Ends once the container's first process handles SIGTERM: until then the kernel does not deliver it. */
  awaitsHandler: ["sh", "-c", "until grep -q 'SigCgt:.*[4567cdef]...$' /proc/1/status; do :; done"],
  cannotRun: ["/no/such/command"],
} as const
export const conformancePort = 7000

export type It = (title: string, work: (fixture: Fixture) => Promise<void>) => void

export const ownNamespaces: NamespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" }
let pods = 0

/** Pods and containers for one test. */
export class Fixture {
  readonly subject: RuntimeSubject
  readonly runtime: ContainerRuntime

  constructor(subject: RuntimeSubject) {
    this.subject = subject
    this.runtime = subject.runtime
  }

  pod(overrides: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
    const name = `pod-${++pods}`
    const { cgroupParent, logDirectory } = this.subject
    return {
      metadata: { name, uid: `uid-${name}`, namespace: "default", attempt: 0 },
      hostname: name,
      logDirectory: `${logDirectory}/${name}`,
      portMappings: [],
      labels: {},
      annotations: {},
      linux: {
        cgroupParent: `${cgroupParent}/${name}`,
        sysctls: {},
        securityContext: { namespaceOptions: ownNamespaces },
      },
      ...overrides,
    }
  }

  container(command: readonly string[], overrides: Partial<ContainerConfig> = {}): ContainerConfig {
    return {
      metadata: { name: "main", attempt: 0 },
      image: { image: this.subject.image, userSpecifiedImage: this.subject.image },
      command,
      args: [],
      workingDir: "",
      envs: [],
      mounts: [],
      devices: [],
      labels: {},
      annotations: {},
      logPath: "main/0.log",
      stdin: false,
      stdinOnce: false,
      tty: false,
      linux: {
        resources: {},
        securityContext: {
          privileged: false,
          namespaceOptions: ownNamespaces,
          capabilitiesAdd: [],
          capabilitiesDrop: [],
          supplementalGroups: [],
          readonlyRootfs: false,
          noNewPrivs: false,
        },
      },
      ...overrides,
    }
  }

  async started(
    command: readonly string[],
    overrides: Partial<ContainerConfig> = {},
  ): Promise<{ sandbox: SandboxId; id: ContainerId }> {
    const sandbox = await this.runtime.runPodSandbox(this.pod())
    const id = await this.runtime.createContainer(sandbox, this.container(command, overrides))
    await this.runtime.startContainer(id)
    return { sandbox, id }
  }

  /** What a port of the pod answers, as soon as its program listens. The test's own time limit ends this when it never does. */
  async answer(sandbox: SandboxId, port: number, question: string): Promise<string> {
    for (;;) {
      try {
        return await this.ask(sandbox, port, question)
      } catch (error) {
        if (!isRuntimeError(error, "RuntimeFailure")) throw error
      }
    }
  }

  async ask(sandbox: SandboxId, port: number, question: string): Promise<string> {
    const connection = await this.runtime.portForward(sandbox, port)
    try {
      connection.write(question)
      const [answer] = await once(connection, "data")
      return String(answer)
    } finally {
      connection.destroy()
    }
  }

  /** The container's status once it has ended, learned from events. */
  async ended(id: ContainerId): Promise<ContainerStatus> {
    const enough = new AbortController()
    const wait = async () => {
      for await (const event of this.runtime.events(enough.signal)) {
        if (event.type === "container" && event.container.id === id && event.container.state === "EXITED") {
          return event.container
        }
      }
      throw new Error("the events have ended")
    }
    try {
      return await this.subject.settle(wait())
    } finally {
      enough.abort()
    }
  }
}

/** For `assert.rejects`. */
export function code(expected: RuntimeErrorCode): (error: unknown) => boolean {
  return (error) => isRuntimeError(error, expected)
}
