import { ReplicationController } from "../../api/core/v1/replication-controller.ts"
import { NOTHING, selectLabels } from "../../machinery/selectors/label-selector.ts"
import { replicaController } from "../replicaset/replica-controller.ts"

/** The elder sibling of the ReplicaSet controller: same rules, with a map of labels as its selector. */
export const replicationController = replicaController({
  name: "replication-controller",
  resource: ReplicationController,
  wanted: (owner) => {
    const { replicas, minReadySeconds, template } = (owner as ReplicationController).spec
    if (template === undefined) throw new Error("a ReplicationController without template passed validation")
    return {
      replicas: replicas ?? 1,
      minReadySeconds: minReadySeconds ?? 0,
      templateLabels: template.metadata.labels ?? {},
      template,
    }
  },
  selector: (owner) => {
    const { selector } = (owner as ReplicationController).spec
    return selector === undefined ? NOTHING : selectLabels(selector)
  },
  writeTerminating: false,
})
