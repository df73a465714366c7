import { parseAllDocuments } from "yaml"
import { builtinResources } from "../../src/api/all.ts"
import { objectPath } from "../../src/client/paths.ts"
import type { AnyResource, KubeObject } from "../../src/machinery/schema/resource.ts"
import { StatusError } from "../../src/machinery/status/status-error.ts"
import { type Duration, msOf } from "../duration.ts"
import type { ContainerMatch, Stages } from "../nodes/stages.ts"
import { startCluster } from "../start-cluster.ts"
import type { TestCluster } from "../test-cluster.ts"
import type { ScenarioPart, Step } from "./scenario-file.ts"
import { Trace } from "./trace.ts"

/** Runs the steps of a scenario on a cluster of their own; returns them with the output that they have now. */
export async function runScenario(parts: readonly ScenarioPart[]): Promise<ScenarioPart[]> {
  let running: RunningScenario | undefined
  const done: ScenarioPart[] = []
  try {
    for (const part of parts) {
      if (part.type === "remark") {
        done.push(part)
        continue
      }
      running ??= await RunningScenario.start(part.command === "cluster" ? part.args : [])
      done.push({ ...part, output: await running.run(part) })
    }
    return done
  } finally {
    await running?.cluster.close()
  }
}

type Command = (running: RunningScenario, step: Step) => Promise<unknown> | unknown

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["cluster", () => undefined],
  ["apply", ({ cluster }, { input }) => apply(cluster, input)],
  ["patch", (running, { args, input }) => running.patch(args[0], parseAllDocuments(input)[0]?.toJS() as unknown)],
  ["scale", (running, { args }) => running.patch(args[0], { spec: { replicas: Number(args[1]) } })],
  ["delete", deleteObject],
  ["evict", evict],
  ["cordon", (running, { args }) => running.patch(`Node/${args[0]}`, { spec: { unschedulable: true } })],
  ["uncordon", (running, { args }) => running.patch(`Node/${args[0]}`, { spec: { unschedulable: false } })],
  ["add-node", ({ cluster }, { input }) => cluster.nodes.add((parseAllDocuments(input)[0]?.toJS() ?? {}) as object)],
  ["power-off", ({ cluster }, { args: [node = ""] }) => cluster.nodes.powerOff(node)],
  ["crash", ({ cluster }, { args: [component = ""] }) => cluster.crash(component)],
  ["restart", ({ cluster }, { args: [component = ""] }) => cluster.restart(component)],
  ["stage", ({ cluster }, { args }) => void cluster.nodes.stage(...stageOf(args))],
  [
    "exit",
    ({ cluster, trace }, { args: [pod = "", code = "0"] }) =>
      cluster.pods.exit(`default/${trace.nameOf(pod)}`, { code: Number(code) }),
  ],
  ["ready", ({ cluster, trace }, { args: [pod = ""] }) => cluster.pods.setReady(`default/${trace.nameOf(pod)}`, true)],
  [
    "not-ready",
    ({ cluster, trace }, { args: [pod = ""] }) => cluster.pods.setReady(`default/${trace.nameOf(pod)}`, false),
  ],
])

class RunningScenario {
  readonly cluster: TestCluster
  readonly trace = new Trace()
  readonly #startMs: number

  private constructor(cluster: TestCluster) {
    this.cluster = cluster
    this.#startMs = cluster.clock.now.getTime()
  }

  static async start(args: readonly string[]): Promise<RunningScenario> {
    const { nodes = "1" } = Object.fromEntries(args.map((arg) => arg.split("=")))
    const running = new RunningScenario(await startCluster({ nodes: Number(nodes) }))
    // What a fresh cluster is made of is not part of the story.
    running.trace.told(await running.cluster.history())
    return running
  }

  /** What the step led to, until the cluster has settled. */
  async run(step: Step): Promise<string> {
    const { args, command } = step
    if (command === "get") return this.trace.listed(args[0] ?? "").join("\n")
    if (command === "advance") return (await this.#advance(msOf((args[0] ?? "") as Duration))).join("\n")
    const perform = COMMANDS.get(command)
    if (perform === undefined) {
      const known = [...COMMANDS.keys(), "get", "advance"].toSorted().join(", ")
      throw new SyntaxError(`line ${step.line}: found the command "${command}", expected one of ${known}`)
    }
    const problem = await refusalOf(() => perform(this, step))
    await this.cluster.settled()
    return [...problem, ...(await this.#told())].join("\n")
  }

  /** Second by second as far as something happens, so that each line has its time. */
  async #advance(ms: number): Promise<string[]> {
    const { clock } = this.cluster
    const endMs = clock.now.getTime() + ms
    const lines: string[] = []
    while (clock.now.getTime() < endMs) {
      await clock.advance(Math.min(STEP_MS, endMs - clock.now.getTime()))
      const seconds = Math.round((clock.now.getTime() - this.#startMs) / 1000)
      lines.push(...(await this.#told()).map((line) => `+${seconds}s  ${line}`))
    }
    return lines
  }

  async #told(): Promise<string[]> {
    return this.trace.told(await this.cluster.history(this.trace.revision))
  }

  find(reference = ""): { readonly resource: AnyResource; readonly key: { namespace?: string; name: string } } {
    const [kind = "", name = ""] = reference.split("/")
    const resource = resourceOf(kind)
    return { resource, key: { ...(resource.namespaced && { namespace: "default" }), name: this.trace.nameOf(name) } }
  }

  async patch(reference: string | undefined, body: unknown): Promise<void> {
    const { key, resource } = this.find(reference)
    await this.cluster.client.of(resource).patch(key, body, { type: "merge" })
  }
}

const STEP_MS = 1000

function resourceOf(kind: string, apiVersion?: string): AnyResource {
  const found = builtinResources.find(
    (resource) =>
      resource.kind === kind &&
      (apiVersion === undefined || [resource.group, resource.version].filter(Boolean).join("/") === apiVersion),
  )
  if (found === undefined)
    throw new SyntaxError(`found the kind ${kind} of ${apiVersion ?? "any version"}, expected one that is built in`)
  return found
}

async function apply({ client }: TestCluster, input: string): Promise<void> {
  for (const document of parseAllDocuments(input)) {
    const object = document.toJS() as KubeObject & { readonly apiVersion: string; readonly kind: string }
    const resource = resourceOf(object.kind, object.apiVersion)
    const { name, namespace = "default" } = object.metadata
    const key = { ...(resource.namespaced && { namespace }), name }
    await client.of(resource).patch(key, object, { type: "apply", force: true })
  }
}

async function deleteObject(running: RunningScenario, { args: [reference, policy] }: Step): Promise<void> {
  const { key, resource } = running.find(reference)
  const named = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const
  const propagationPolicy = named[(policy ?? "background") as keyof typeof named]
  await running.cluster.client.of(resource).delete(key, { propagationPolicy })
}

async function evict(running: RunningScenario, { args: [name] }: Step): Promise<void> {
  const { key, resource } = running.find(`Pod/${name}`)
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: key }
  await running.cluster.client.raw.post(objectPath(resource, key.namespace, key.name, "eviction"), body)
}

/** A refusal of the API server is an outcome like others. */
async function refusalOf(perform: () => unknown): Promise<string[]> {
  try {
    await perform()
    return []
  } catch (error) {
    if (error instanceof StatusError) return [`refused  ${error.message}`]
    throw error
  }
}

const MATCHES = new Set(["namespace", "pod", "node", "container", "image"])

/** `app=web ready=20s exit=1`: what names no property of containers or stages is a label. */
function stageOf(args: readonly string[]): [ContainerMatch, Stages] {
  const match: Record<string, unknown> = {}
  const stages: Record<string, unknown> = {}
  const labels: Record<string, string> = {}
  for (const arg of args) {
    const [name = "", value = ""] = arg.split("=")
    if (MATCHES.has(name)) match[name] = value
    else if (name === "exit") stages["exit"] = { code: Number(value) }
    else if (name === "after") stages["exit"] = { ...(stages["exit"] as object), after: value }
    else if (name === "times") stages["exit"] = { ...(stages["exit"] as object), times: Number(value) }
    else if (name === "ready" && value === "never") stages["ready"] = false
    else if (["pull", "start", "ready", "stop", "pullError", "startError"].includes(name)) stages[name] = value
    else labels[name] = value
  }
  return [{ ...match, ...(Object.keys(labels).length > 0 && { labels }) } as ContainerMatch, stages as Stages]
}
