import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { isAlreadyExists, isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerDefinition, defineController } from "../define-controller.ts"

const configMapName = "kube-root-ca.crt"
const descriptionKey = "kubernetes.io/description"
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."

/** Publishes the cluster's CA certificate to every namespace, where pods mount it. */
export function rootCaController(caPem: string): ControllerDefinition {
  return defineController({
    name: "root-ca-certificate-publisher",
    reads: [Namespace, ConfigMap],
    writes: [{ resource: ConfigMap, verbs: ["create", "update"] }],
    start(context) {
      const namespaces = context.informer(Namespace)
      const configMaps = context.informer(ConfigMap)
      context.enqueueOn(Namespace)
      context.enqueueOn(ConfigMap, ({ object: { metadata } }) =>
        metadata.name === configMapName ? [metadata.namespace] : [],
      )
      return async (name) => {
        const namespace = namespaces.get(name)
        if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return
        const current = configMaps.get(`${name}/${configMapName}`)
        const data = { "ca.crt": caPem }
        const client = context.client.of(ConfigMap)
        try {
          if (current === undefined) {
            const annotations = { [descriptionKey]: description }
            await client.create({ metadata: { name: configMapName, namespace: name, annotations }, data })
          } else if (current.data?.["ca.crt"] !== caPem || Object.keys(current.data).length !== 1) {
            await client.update({ ...current, data })
          }
        } catch (error) {
          if (!isAlreadyExists(error) && !isNotFound(error)) throw error
        }
      }
    },
  })
}
