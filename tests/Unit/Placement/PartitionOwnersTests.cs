using Muster.Telemetry;
using Xunit;

namespace Muster.Placement;

public sealed class PartitionOwnersTests
{
    [Fact]
    public void Every_partition_has_one_owner_whatever_the_order_of_the_names()
    {
        var (owners, same) = (PartitionOwners.Of(["a", "b", "c"]), PartitionOwners.Of(["c", "a", "b"]));
        var all = ((string[])["a", "b", "c"]).SelectMany(owners.PartitionsOf).Order();
        Assert.Equal(Enumerable.Range(0, PartitionHash.VirtualPartitions), all);
        Assert.All(Enumerable.Range(0, PartitionHash.VirtualPartitions), partition => Assert.Equal(owners.OwnerOf(partition), same.OwnerOf(partition)));
    }

    [Fact]
    public void A_join_moves_partitions_to_the_newcomer_only()
    {
        var (before, after) = (PartitionOwners.Of(["a", "b"]), PartitionOwners.Of(["a", "b", "c"]));
        Assert.All(Enumerable.Range(0, PartitionHash.VirtualPartitions), partition => Assert.Contains(after.OwnerOf(partition), (string[])[before.OwnerOf(partition), "c"]));
    }

    [Fact]
    public void Without_silos_nobody_owns_anything()
    {
        var owners = PartitionOwners.Of([]);
        Assert.Empty(owners.PartitionsOf("a"));
        Assert.Equal("", owners.OwnerOf("device"));
    }

    [Fact]
    public void A_module_is_owned_where_its_device_is()
    {
        var owners = PartitionOwners.Of(["a", "b", "c"]);
        Assert.All(Enumerable.Range(0, 50), i => Assert.Equal(owners.OwnerOf($"d{i}"), owners.OwnerOf($"d{i}/m")));
    }
}
