import type { ConfigMap } from "../../api/core/v1/config-map.ts"
import type { Container } from "../../api/core/v1/container.ts"
import type { EnvVarSource, FileKeySelector } from "../../api/core/v1/environment.ts"
import type { Pod } from "../../api/core/v1/pod.ts"
import type { Secret } from "../../api/core/v1/secret.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import type { EnvVar } from "../../runtime/runtime.ts"
import { containerResourceValue, findContainer, podFieldValue, type ResourceList } from "../downward.ts"
import { expandReferences } from "../volumes/expand-references.ts"

/** Where the values of variables come from, besides the pod itself. */
export interface EnvSources {
  getConfigMap(namespace: string, name: string): Promise<ConfigMap>
  getSecret(namespace: string, name: string): Promise<Secret>
  /** Undefined when the key is optional and missing. */
  fileValue(from: FileKeySelector): string | undefined
  readonly serviceEnv: ReadonlyMap<string, string>
  readonly nodeAllocatable: ResourceList
}

/**
 * The environment of a container: envFrom, then env (with `$(NAME)` expanded), then services. `pod` has a current status.
 * Rejects with Kubernetes' message when a required source is missing.
 */
export async function containerEnv(pod: Pod, container: Container, sources: EnvSources): Promise<EnvVar[]> {
  const env = new Map<string, string>()
  for (const { configMapRef, prefix = "", secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? await optionally(configMapRef.optional, async () => configMapValues(pod, configMapRef.name ?? "", sources))
      : await optionally(secretRef?.optional, async () => secretValues(pod, secretRef?.name ?? "", sources))
    for (const [key, value] of data ?? []) env.set(prefix + key, value)
  }
  const known = (name: string) => env.get(name) ?? sources.serviceEnv.get(name)
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (value || valueFrom === undefined) {
      env.set(
        name,
        expandReferences(value ?? "", (each) => known(each) ?? `$(${each})`),
      )
      continue
    }
    const found = await sourceValue(pod, container, valueFrom, sources)
    if (found !== undefined) env.set(name, found)
  }
  for (const [name, value] of sources.serviceEnv) if (!env.has(name)) env.set(name, value)
  return [...env].map(([name, value]) => ({ name, value }))
}

/** Undefined when an optional source is missing. */
async function sourceValue(pod: Pod, container: Container, from: EnvVarSource, sources: EnvSources) {
  const { configMapKeyRef, fieldRef, fileKeyRef, resourceFieldRef, secretKeyRef } = from
  const { namespace } = pod.metadata
  if (fieldRef) return podFieldValue(pod, fieldRef.fieldPath)
  if (resourceFieldRef) {
    const { containerName, divisor, resource } = resourceFieldRef
    const of = containerName ? findContainer(pod, containerName) : container
    return containerResourceValue(pod, of, resource, divisor, sources.nodeAllocatable)
  }
  if (configMapKeyRef) {
    const { key, name = "", optional } = configMapKeyRef
    const data = await optionally(optional, () => configMapValues(pod, name, sources))
    return valueOf(data, key, optional, `ConfigMap ${namespace}/${name}`)
  }
  if (secretKeyRef) {
    const { key, name = "", optional } = secretKeyRef
    const data = await optionally(optional, () => secretValues(pod, name, sources))
    return valueOf(data, key, optional, `Secret ${namespace}/${name}`)
  }
  if (fileKeyRef) return sources.fileValue(fileKeyRef)
  throw new Error("an environment variable has a valueFrom without a source")
}

type Values = ReadonlyMap<string, string>

function valueOf(data: Values | undefined, key: string, optional: boolean | undefined, of: string): string | undefined {
  const value = data?.get(key)
  if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ${of}`)
  return value
}

async function configMapValues(pod: Pod, name: string, sources: EnvSources): Promise<Values> {
  const { data } = await sources.getConfigMap(pod.metadata.namespace, name)
  return new Map(Object.entries(data ?? {}))
}

async function secretValues(pod: Pod, name: string, sources: EnvSources): Promise<Values> {
  const { data } = await sources.getSecret(pod.metadata.namespace, name)
  return new Map(Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]))
}

async function optionally<T>(optional: boolean | undefined, get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get()
  } catch (error) {
    if (optional && isNotFound(error)) return undefined
    throw error
  }
}
