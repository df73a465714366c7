import { copyFileSync, existsSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { at, flag, type Instruction, jsonForm } from "./dockerfile.ts"
import type { WorkRootfs } from "./layer-work.ts"
import { commandOf, shellOf } from "./metadata.ts"
import { MountPoints } from "./mount-points.ts"
import { mountKeys, withMounts } from "./mount-sources.ts"
import { parseMounts } from "./run-mounts.ts"
import type { RunMount, RunNetwork } from "./run-step.ts"
import { addLayer, type StageContext } from "./stage-context.ts"
import { isPredefined } from "./variables.ts"

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/** Where a script given as a here-document stands while it runs. */
const SCRIPT_PATH = "/dev/pipes/gantry-script"

/** RUN. https://docs.docker.com/reference/dockerfile/#run */
export async function runInstruction(
  context: StageContext,
  instruction: Instruction,
  variables: ReadonlyMap<string, string>,
): Promise<void> {
  const { draft, build } = context
  const { args, script } = programOf(context, instruction)
  const network = networkOf(instruction)
  const mounts = parseMounts(instruction, draft.workdir, context.lookup)
  const keyed = [...variables].filter(([name]) => !isPredefined(name))
  const user = draft.config.User ?? ""
  await addLayer(context, {
    createdBy: instruction.text,
    inputs: {
      instruction: "run",
      args,
      script,
      env: keyed,
      workdir: draft.workdir,
      user,
      network,
      mounts: await mountKeys(context, instruction, mounts),
    },
    always: true,
    work: (rootfs) =>
      withMounts(context, instruction, mounts, rootfs, async (ready) => {
        const runMounts = [...fixedMounts(rootfs, script), ...ready.mounts]
        const env = [...environment(variables), ...ready.env]
        const points = new MountPoints(
          rootfs,
          runMounts.map(({ target }) => target),
        )
        const options = { onOutput: context.onOutput, signal: build.signal }
        const spec = { rootfs: rootfs.merged, args, env, cwd: draft.workdir, user, mounts: runMounts, network }
        const { exitCode } = await build.run.run(spec, options).catch((error: unknown) => {
          build.signal.throwIfAborted()
          throw at(instruction, messageOf(error), error)
        })
        if (exitCode !== 0) throw at(instruction, `the command failed with exit code ${exitCode}`)
        points.remove()
      }),
  })
}

/** What to execute, and the script that must be put in place first. */
function programOf(context: StageContext, instruction: Instruction): { args: string[]; script: string | null } {
  const { rest, heredocs } = instruction
  const [first] = heredocs
  if (first === undefined) {
    const json = jsonForm(instruction)
    if (json !== null && json.length === 0) throw at(instruction, "the list is empty")
    return { args: commandOf(context.draft, instruction), script: null }
  }
  if (/^<<-?(["']?)[a-zA-Z_][a-zA-Z0-9_.]*\1$/.test(rest)) {
    if (first.content.startsWith("#!")) return { args: [SCRIPT_PATH], script: first.content }
    return { args: [...shellOf(context.draft), first.content], script: null }
  }
  // The shell reads the here-documents itself.
  const bodies = heredocs.map(({ name, content }) => `${content}${name}\n`).join("")
  return { args: [...shellOf(context.draft), `${rest}\n${bodies}`], script: null }
}

function networkOf(instruction: Instruction): RunNetwork {
  const security = flag(instruction, "security")
  if (security !== null && security !== "sandbox") {
    throw at(instruction, `--security=${security} is not supported; only sandbox is`)
  }
  const network = flag(instruction, "network") ?? "default"
  if (network === "default" || network === "host") return "host"
  if (network === "none") return "none"
  throw at(instruction, `--network: found ${JSON.stringify(network)}, expected default, host or none`)
}

function environment(variables: ReadonlyMap<string, string>): string[] {
  const env = new Map([["PATH", DEFAULT_PATH], ...variables])
  return [...env].map(([name, value]) => `${name}=${value}`)
}

/** What a program on the machine's network needs to find others by name; it may change its copy. */
function fixedMounts(rootfs: WorkRootfs, script: string | null): RunMount[] {
  const files = ["/etc/resolv.conf", "/etc/hosts"].filter((path) => existsSync(path))
  const mounts = files.map((target): RunMount => {
    const source = join(rootfs.scratch, basename(target))
    copyFileSync(target, source)
    return { type: "bind", source, target, readonly: false }
  })
  if (script !== null) {
    const source = join(rootfs.scratch, "script")
    writeFileSync(source, script, { mode: 0o755 })
    mounts.push({ type: "bind", source, target: SCRIPT_PATH, readonly: true })
  }
  return mounts
}
