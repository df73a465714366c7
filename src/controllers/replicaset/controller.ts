import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { compileLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { replicaController } from "./replica-controller.ts"

/** Keeps the number of pods that a ReplicaSet asks for. */
export const replicaSetController = replicaController({
  name: "replicaset-controller",
  resource: ReplicaSet,
  wanted: (owner) => {
    const { replicas, minReadySeconds, template } = (owner as ReplicaSet).spec
    return {
      replicas: replicas ?? 1,
      minReadySeconds: minReadySeconds ?? 0,
      templateLabels: template.metadata.labels ?? {},
      template,
    }
  },
  selector: (owner) => compileLabelSelector((owner as ReplicaSet).spec.selector),
  writeTerminating: true,
})
