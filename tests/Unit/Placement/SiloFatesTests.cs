using System.Net;
using Orleans.Runtime;
using Xunit;

namespace Muster.Placement;

public sealed class SiloFatesTests
{
    [Fact]
    public void A_silo_that_no_view_names_is_unknown_and_not_dead() =>
        Assert.Equal(SiloFate.Unknown, SiloFates.Of(Silo(1, 5), [Member(Silo(2, 5), SiloStatus.Active)]));

    [Theory]
    [InlineData(SiloStatus.Joining, SiloFate.Member)]
    [InlineData(SiloStatus.Active, SiloFate.Member)]
    [InlineData(SiloStatus.ShuttingDown, SiloFate.Member)]
    [InlineData(SiloStatus.Stopping, SiloFate.Member)]
    [InlineData(SiloStatus.Dead, SiloFate.Dead)]
    public void The_membership_has_the_word(SiloStatus status, SiloFate fate) => Assert.Equal(fate, SiloFates.Of(Silo(1, 5), [Member(Silo(1, 5), status)]));

    [Fact]
    public void A_later_run_at_the_same_endpoint_means_that_the_earlier_ended_and_never_the_other_way_round()
    {
        Assert.Equal(SiloFate.Dead, SiloFates.Of(Silo(1, 5), [Member(Silo(1, 6), SiloStatus.Active)]));
        Assert.Equal(SiloFate.Unknown, SiloFates.Of(Silo(1, 7), [Member(Silo(1, 6), SiloStatus.Active)]));
        Assert.Equal(SiloFate.Member, SiloFates.Of(Silo(1, 5), [Member(Silo(1, 6), SiloStatus.Joining), Member(Silo(1, 5), SiloStatus.Stopping)]));
    }

    private static SiloAddress Silo(int port, int generation) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), generation);

    private static KeyValuePair<SiloAddress, SiloStatus> Member(SiloAddress silo, SiloStatus status) => new(silo, status);
}
