import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ContainerId, LinuxContainerResources } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import { publishContainer } from "./container-view.ts"
import { type ContainerEntry, needContainer, type OciContext } from "./context.ts"
import { writeRecord } from "./records.ts"
import { attainableOomScore, mergeResources, ociResources } from "./spec/resources.ts"
import type { OciSpec } from "./spec/types.ts"

/** Changes the limits of a container: in the kernel when it runs, in its bundle when it is yet to start. */
export function updateResources(context: OciContext, id: ContainerId, update: LinuxContainerResources): Promise<void> {
  return context.locks.run(id, async () => {
    const entry = needContainer(context, id)
    if (entry.run.state === "EXITED") throw new RuntimeError("FailedPrecondition", `container ${id} has exited`)
    const { machine, layout } = context
    const canLower = machine.capabilities.has("CAP_SYS_RESOURCE")
    const oomScore = attainableOomScore(update.oomScoreAdj, machine.oomScoreAdj, canLower).value
    const merged = mergeResources(entry.run.resources ?? entry.record.resources, {
      ...update,
      ...(oomScore === undefined ? {} : { oomScoreAdj: oomScore }),
    })
    if (entry.run.state === "CREATED") rewriteBundle(context, entry, merged)
    else await updateRunning(context, entry, update, oomScore)
    entry.run = { ...entry.run, resources: merged }
    writeRecord(layout.container(id).run, entry.run)
    publishContainer(context, entry)
  })
}

function rewriteBundle(context: OciContext, { record }: ContainerEntry, resources: LinuxContainerResources): void {
  const path = join(context.layout.container(record.id).bundle, "config.json")
  const spec = JSON.parse(readFileSync(path, "utf8")) as OciSpec
  const limits = ociResources(resources, context.machine, spec.linux.resources.devices)
  const { oomScoreAdj } = resources
  const process = { ...spec.process, ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }) }
  const changed: OciSpec = { ...spec, process, linux: { ...spec.linux, resources: limits } }
  writeFileSync(`${path}.tmp`, JSON.stringify(changed))
  renameSync(`${path}.tmp`, path)
}

async function updateRunning(
  context: OciContext,
  { record, run }: ContainerEntry,
  update: LinuxContainerResources,
  oomScore: number | undefined,
): Promise<void> {
  const limits = ociResources(update, context.machine)
  if (Object.keys(limits).length > 0) {
    const { path } = await context.handler(record.handler)
    // Not through standard input: crun opens it by path, which a socket pair refuses.
    const file = join(context.layout.container(record.id).bundle, "update.json")
    writeFileSync(file, JSON.stringify(limits))
    const args = ["--root", context.layout.runtimeRoot(record.handler), "update", "--resources", file, record.id]
    const { code, stderr } = await context.platform.processes.run(path, args)
    rmSync(file, { force: true })
    if (code !== 0) throw new RuntimeError("RuntimeFailure", `cannot update container ${record.id}: ${stderr.trim()}`)
  }
  if (oomScore !== undefined && run.process !== null) {
    writeFileSync(`/proc/${run.process.pid}/oom_score_adj`, String(oomScore))
  }
}
