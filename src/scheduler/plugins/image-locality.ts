import { type PluginFactory, SCORE_MAX } from "../framework.ts"

const MIB = 1024 * 1024
/** Less than this on a node does not count; more than the second figure per container counts as the full score. */
const LEAST_BYTES = 23 * MIB
const MOST_BYTES_PER_CONTAINER = 1000 * MIB

/** Prefers nodes that have the pod's images already, more so for images that many nodes have. */
export const imageLocality: PluginFactory = () => ({
  name: "ImageLocality",
  preScore: ({ spec }, cluster) => {
    const containers = [...(spec.initContainers ?? []), ...spec.containers]
    const volumes = (spec.volumes ?? []).flatMap(({ image }) => (image ? [image.reference ?? ""] : []))
    const images = [...containers.map(({ image }) => image ?? ""), ...volumes].map(withTag).flatMap((name) => {
      const nodes = cluster.nodesWithImage(name)
      return nodes === 0 ? [] : [{ name, spread: nodes / cluster.nodes.size }]
    })
    // No node has any of them, so all nodes are equal.
    if (images.length === 0) return undefined
    const mostBytes = MOST_BYTES_PER_CONTAINER * containers.length
    return {
      score: (node) => {
        let bytes = 0
        for (const { name, spread } of images) bytes += Math.trunc((node.images.get(name) ?? 0) * spread)
        const bounded = Math.min(Math.max(bytes, LEAST_BYTES), mostBytes)
        return Math.trunc((SCORE_MAX * (bounded - LEAST_BYTES)) / (mostBytes - LEAST_BYTES))
      },
    }
  },
})

const withTag = (image: string): string =>
  image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image
