import { FlowSchema } from "../../api/flowcontrol/v1/flow-schema.ts"
import { PriorityLevelConfiguration } from "../../api/flowcontrol/v1/priority-level-configuration.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ObjectReader } from "../admission/plugin.ts"

type Condition = NonNullable<NonNullable<FlowSchema["status"]>["conditions"]>[number]

const DANGLING = "Dangling"

/** Says of each flow schema whether its priority level exists. Resolves when all say so. */
export async function reportDangling(
  reader: ObjectReader,
  client: Client,
  { clock, log }: Pick<Platform, "clock" | "log">,
): Promise<void> {
  for (const schema of reader.list(FlowSchema, "")) {
    const { name } = schema.spec.priorityLevelConfiguration
    const wanted = conditionFor(name, reader.get(PriorityLevelConfiguration, "", name) !== undefined)
    const conditions = schema.status?.conditions ?? []
    const found = conditions.find(({ type }) => type === DANGLING)
    if (found?.status === wanted.status && found?.message === wanted.message) continue
    const condition = { ...wanted, lastTransitionTime: timeFromMs(clock.nowMs()) }
    const status = { conditions: [...conditions.filter(({ type }) => type !== DANGLING), condition] }
    try {
      await client.of(FlowSchema).updateStatus({ ...schema, status })
    } catch (error) {
      // Each change of the schema brings us here again.
      if (!isConflict(error) && !isNotFound(error))
        log.warn("the status of a flow schema could not be written", { error })
    }
  }
}

function conditionFor(level: string, exists: boolean): Condition {
  const about = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`
  return exists
    ? { type: DANGLING, status: "False", reason: "Found", message: `${about} and it exists` }
    : { type: DANGLING, status: "True", reason: "NotFound", message: `${about} but there is no such object` }
}
