import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { EXEMPT, mandatoryFlowSchemas, mandatoryPriorityLevels } from "../../api/flowcontrol/v1/mandatory.ts"
import { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import type { Client } from "../../client/client.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { ensureObject } from "./ensure.ts"
import { suggestedFlowSchemas, suggestedPriorityLevels } from "./flow-control-defaults.ts"

/** `false` keeps an administrator's changes of a suggested object. */
const AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec"

/**
 * Creates the default configuration of flow control and corrects it: the mandatory objects always, the suggested ones
 * unless someone has changed them; and removes what earlier versions suggested. May be repeated.
 */
export async function ensureFlowControl(client: Client): Promise<void> {
  await Promise.all([
    ...levelsOf(client, suggestedPriorityLevels, false),
    ...schemasOf(client, suggestedFlowSchemas, false),
    ...levelsOf(client, mandatoryPriorityLevels, true),
    ...schemasOf(client, mandatoryFlowSchemas, true),
  ])
  await removeOthers(client, FlowSchema, [...suggestedFlowSchemas.keys(), ...mandatoryFlowSchemas.keys()])
  const levels = [...suggestedPriorityLevels.keys(), ...mandatoryPriorityLevels.keys()]
  await removeOthers(client, PriorityLevelConfiguration, levels)
}

function schemasOf(client: Client, specs: typeof mandatoryFlowSchemas, mandatory: boolean) {
  return [...specs].map(([name, spec]) =>
    ensureObject(client, FlowSchema, described(name, spec), {
      correct: (found) => correction(found, spec, mandatory),
    }),
  )
}

function levelsOf(client: Client, specs: typeof mandatoryPriorityLevels, mandatory: boolean) {
  return [...specs].map(([name, spec]) =>
    ensureObject(client, PriorityLevelConfiguration, described(name, spec), {
      // What the exempt level takes from the others is for the administrators to say.
      correct: (found) =>
        correction(found, name === EXEMPT ? { ...spec, exempt: found.spec.exempt ?? spec.exempt } : spec, mandatory),
    }),
  )
}

function described<S>(name: string, spec: S) {
  return { metadata: { name, annotations: { [AUTO_UPDATE]: "true" } }, spec }
}

/** As Go reads it. */
function truth(text = ""): boolean | undefined {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true
  return ["0", "f", "F", "false", "FALSE", "False"].includes(text) ? false : undefined
}

interface Configured<S> {
  readonly metadata: {
    readonly generation?: number
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: S
}

function correction<S, T extends Configured<unknown>>(found: T, spec: S, mandatory: boolean) {
  const { annotations = {}, generation } = found.metadata
  const said = truth(annotations[AUTO_UPDATE])
  // Nobody has touched an object of the first generation.
  const update = mandatory || (said ?? generation === 1)
  const wrong = update && !deepEqual(found.spec, spec)
  if (said === update && !wrong) return undefined
  const metadata = { ...found.metadata, annotations: { ...annotations, [AUTO_UPDATE]: String(update) } }
  return { ...found, metadata, spec: wrong ? spec : found.spec }
}

async function removeOthers(
  client: Client,
  resource: typeof FlowSchema | typeof PriorityLevelConfiguration,
  wanted: readonly string[],
): Promise<void> {
  const objects = client.of(resource)
  const { items } = await objects.list()
  for (const { metadata } of items) {
    const { name, annotations = {} } = metadata
    if (wanted.includes(name) || truth(annotations[AUTO_UPDATE]) !== true) continue
    try {
      await objects.delete({ name })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
