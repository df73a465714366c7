import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { agentComponent, serverComponent } from "../src/cmd/cluster/components.ts"
import { findRunning } from "../src/cmd/cluster/pid-file.ts"
import { type ClusterRecord, readRecord } from "../src/cmd/cluster/record.ts"
import { type BusyboxImage, writeBusyboxArchive } from "./busybox-image.ts"
import { type CommandOptions, type Outcome, run, until, words } from "./command.ts"
import { leftovers } from "./leftovers.ts"

/** A real cluster of a test: made by `./gantry up` with a name, folders and port of its own. */
export class TestCluster {
  readonly name: string
  /** Everything of it, removed by `down()`. */
  readonly folder: string
  readonly dataDir: string
  readonly kubeconfig: string
  readonly apiPort: number
  #record: ClusterRecord | undefined

  constructor(name: string, folder: string, apiPort: number) {
    this.name = name
    this.folder = folder
    this.dataDir = join(folder, "data")
    this.kubeconfig = join(folder, "kubeconfig")
    this.apiPort = apiPort
  }

  /** What is fixed about the cluster: its slot, nodes and so on. Still known when it is down. */
  get record(): ClusterRecord {
    this.#record ??= readRecord(this.name)
    assert.ok(this.#record, `cluster ${this.name} was never up`)
    return this.#record
  }

  /** `./gantry up` with this cluster's options, and more. Must succeed. */
  async up(options: readonly string[] = []): Promise<string> {
    const outcome = await this.tryUp(options)
    assert.equal(outcome.code, 0, `gantry up: exit code ${outcome.code}\n${outcome.stdout}${outcome.stderr}`)
    return outcome.stdout
  }

  tryUp(options: readonly string[] = [], signal?: AbortSignal): Promise<Outcome> {
    const own = ["--data-dir", this.dataDir, "--kubeconfig", this.kubeconfig, "--api-port", String(this.apiPort)]
    return this.tryGantry(["up", ...own, ...options], signal === undefined ? {} : { signal })
  }

  /** `./gantry COMMAND … --name NAME`. Must succeed; returns what it printed. */
  async gantry(line: string | readonly string[], options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.tryGantry(line, options)
    assert.equal(code, 0, `gantry ${words(line).join(" ")}: exit code ${code}\n${stdout}${stderr}`)
    return stdout
  }

  tryGantry(line: string | readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    const [command = "", ...args] = words(line)
    return runGantry([command, "--name", this.name, ...args], options)
  }

  /** Stock kubectl. Must succeed; returns what it printed. A text is split at its spaces. */
  async kubectl(line: string | readonly string[], options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.tryKubectl(line, options)
    assert.equal(code, 0, `kubectl ${words(line).join(" ")}: exit code ${code}\n${stdout}${stderr}`)
    return stdout
  }

  tryKubectl(line: string | readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    const env = { ...options.env, KUBECONFIG: this.kubeconfig, KUBECACHEDIR: join(this.folder, "kubectl-cache") }
    return run("kubectl", words(line), { ...options, env })
  }

  /** `kubectl get … -o json`, parsed. */
  async get<T>(line: string | readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(["get", ...words(line), "-o", "json"])) as T
  }

  /** `kubectl apply -f -` of objects. Must succeed. */
  apply(...objects: readonly object[]): Promise<string> {
    return this.kubectl("apply -f -", { input: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }) })
  }

  /** Makes an image of this machine's busybox and loads it. */
  async loadBusybox(image: BusyboxImage = {}): Promise<void> {
    const archive = join(this.folder, "image.tar")
    await writeBusyboxArchive(archive, image)
    await this.gantry(["load", "-i", archive])
    rmSync(archive)
  }

  /** Process id of the server; undefined when it does not run. */
  get serverPid(): number | undefined {
    return findRunning(serverComponent(this.record).pidFile)?.pid
  }

  /** Process id of a node's agent; undefined when it does not run. Default: the first node. */
  agentPid(node = this.record.nodes[0]?.name ?? ""): number | undefined {
    return findRunning(agentComponent(this.record, node).pidFile)?.pid
  }

  /** `kill -9` of server, agent or both at once. Returns when they are gone. */
  async kill(...which: readonly ("server" | "agent")[]): Promise<void> {
    const running = () => which.map((name) => (name === "server" ? this.serverPid : this.agentPid()))
    const pids = running().map((pid, at) => {
      assert.ok(pid, `the ${which[at]} of ${this.name} does not run`)
      return pid
    })
    for (const pid of pids) process.kill(pid, "SIGKILL")
    await until("killed processes are gone", () => running().every((pid) => pid === undefined))
  }

  /** The last lines that server and agents wrote, for messages of failed tests. */
  logs(): string {
    const logFiles = [
      serverComponent(this.record).logFile,
      ...this.record.nodes.map(({ name }) => agentComponent(this.record, name).logFile),
    ]
    return logFiles
      .map((file) => `${file}:\n${readFileSync(file, "utf8").split("\n").slice(-30).join("\n")}`)
      .join("\n")
  }

  /** What of it is on this machine outside its folders. */
  leftovers(): Promise<string[]> {
    return leftovers(this.record)
  }

  /** Removes everything, and asserts that nothing is left. */
  async down(): Promise<void> {
    const { record } = this
    try {
      await this.gantry("down --purge", { timeoutMs: 120_000 })
      assert.deepEqual(await leftovers(record), [])
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }
}

export interface TestClusterOptions {
  /** First part of the cluster's name. */
  readonly name: string
  readonly nodes?: number
  /** More of `gantry up`. */
  readonly options?: readonly string[]
}

/** Starts a cluster with the busybox image loaded. Call `down()` in `after`. */
export async function startTestCluster({ name, nodes, options = [] }: TestClusterOptions): Promise<TestCluster> {
  const cluster = await prepareTestCluster(name)
  try {
    await cluster.up([...(nodes === undefined ? [] : ["--nodes", String(nodes)]), ...options])
    await cluster.loadBusybox()
  } catch (error) {
    if (readRecord(cluster.name) === undefined) rmSync(cluster.folder, { recursive: true, force: true })
    else await cluster.down()
    throw error
  }
  return cluster
}

/** A cluster that has its folders and port, but is not up yet. */
export async function prepareTestCluster(name: string): Promise<TestCluster> {
  return new TestCluster(`${name}-${process.pid}`, mkdtempSync(join(tmpdir(), `gantry-${name}-`)), await freePort())
}

/** `./gantry` as a person starts it. */
export function runGantry(args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return run(join(import.meta.dirname, "..", "gantry"), args, options)
}

/** A TCP port of this machine on which nobody listens. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.on("error", reject)
    server.listen(0, "0.0.0.0", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
