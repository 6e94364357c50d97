select topic, cluster_id, partitions
from cluster
