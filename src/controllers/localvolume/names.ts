/** The built-in provisioner: volumes are folders of nodes. */
export const LOCAL_PROVISIONER = "local.gantry.dev"
/** On a volume: the name of the node that has the folder. */
export const NODE_ANNOTATION = "local.gantry.dev/node"
/** The class that every cluster has from the beginning. */
export const LOCAL_CLASS = "local"
