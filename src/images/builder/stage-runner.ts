import { messageOf } from "../../machinery/status/message-of.ts"
import { copyInstruction } from "./copy-instruction.ts"
import type { SourceRoot } from "./copy-sources.ts"
import { at, type Instruction, parseInstruction, type Stage } from "./dockerfile.ts"
import type { ImageDraft } from "./image-draft.ts"
import { metadataInstructions, workdirPath } from "./metadata.ts"
import { runInstruction } from "./run-instruction.ts"
import { addLayer, type BuildContext, type StageContext } from "./stage-context.ts"
import { TreeWriter } from "./tree-writer.ts"
import type { GlobalArgs } from "./variables.ts"
import type { Lookup } from "./words.ts"

export interface StageInputs {
  readonly build: BuildContext
  readonly stage: Stage
  /** The base; changed into the stage's result. */
  readonly draft: ImageDraft
  readonly args: GlobalArgs
  readonly contextRoot: SourceRoot
  readonly withSource: StageContext["withSource"]
  readonly sourceLayers: StageContext["sourceLayers"]
}

/** Executes the instructions of a stage. Throws `ImageError` BuildFailed at the first that fails. */
export async function runStage(inputs: StageInputs): Promise<void> {
  const { build, stage, draft, args } = inputs
  const label = stage.name ?? (stage.index === 0 ? "" : String(stage.index))
  const triggers = takeTriggers(draft, stage)
  const instructions = [...triggers, ...stage.instructions]
  const lookup: Lookup = (name) => draft.env.get(name) ?? draft.args.get(name) ?? null
  for (const [i, instruction] of instructions.entries()) {
    build.signal.throwIfAborted()
    const progress = { stage: label, step: i + 1, of: instructions.length, text: instruction.text }
    const context: StageContext = {
      build,
      draft,
      lookup,
      contextRoot: inputs.contextRoot,
      report: (kind) => build.emit({ kind, ...progress }),
      onOutput: (bytes) => build.emit({ kind: "output", stage: label, bytes }),
      withSource: inputs.withSource,
      sourceLayers: inputs.sourceLayers,
    }
    await execute(context, instruction, args)
  }
}

async function execute(context: StageContext, instruction: Instruction, args: GlobalArgs): Promise<void> {
  const { draft, lookup } = context
  const metadata = metadataInstructions.get(instruction.keyword)
  if (metadata) {
    context.report("step")
    metadata(draft, instruction, lookup)
    draft.addMetadata(instruction.text)
    return
  }
  switch (instruction.keyword) {
    case "ARG":
      context.report("step")
      for (const [name, value] of args.declareInStage(instruction, lookup)) draft.args.set(name, value)
      draft.addMetadata(instruction.text)
      return
    case "WORKDIR":
      return workdir(context, instruction)
    case "RUN":
      return runInstruction(context, instruction, new Map([...args.proxies, ...draft.args, ...draft.env]))
    case "COPY":
    case "ADD":
      return copyInstruction(context, instruction)
    default:
      throw at(instruction, `unknown instruction: ${instruction.keyword}`)
  }
}

async function workdir(context: StageContext, instruction: Instruction): Promise<void> {
  const { draft } = context
  const path = workdirPath(draft, instruction, context.lookup)
  draft.config = { ...draft.config, WorkingDir: path }
  await addLayer(context, {
    createdBy: instruction.text,
    inputs: { instruction: "workdir", path },
    steadyDirectories: true,
    work: async ({ merged }) => {
      const writer = new TreeWriter(merged, { owner: null, mode: null })
      try {
        writer.directory(path)
      } catch (error) {
        throw at(instruction, messageOf(error), error)
      }
      writer.finish()
    },
  })
}

/** What the base image's ONBUILD instructions say comes first, once. */
function takeTriggers(draft: ImageDraft, stage: Stage): Instruction[] {
  const { OnBuild, ...config } = draft.config
  draft.config = config
  return (OnBuild ?? []).map((text) => parseInstruction(text, stage.from.file, stage.from.line))
}
