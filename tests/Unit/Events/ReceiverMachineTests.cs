using System.Collections.Immutable;
using System.Net;
using Orleans.Runtime;
using Xunit;

namespace Muster.Events;

/// <summary>Who may read a partition, in every order in which a few receivers with few epochs can come.</summary>
public sealed class ReceiverMachineTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly SiloAddress Silo = SiloAddress.New(IPEndPoint.Parse("127.0.0.1:11111"), 1);
    private static readonly SiloAddress OtherSilo = SiloAddress.New(IPEndPoint.Parse("127.0.0.2:11111"), 1);
    private static readonly long?[] Epochs = [null, 0, 1, 2];

    [Fact]
    public void Either_one_with_an_epoch_receives_or_up_to_five_without() => EveryCase((held, asking) =>
    {
        var next = ReceiverMachine.Attach(held, asking).Next;
        var withEpoch = next.Count(one => one.Epoch is not null);
        Assert.True(withEpoch <= 1);
        Assert.True(withEpoch == 1 ? next.Length == 1 : next.Length <= ReceiverMachine.MaxWithoutEpoch);
    });

    [Fact]
    public void The_epoch_of_a_partition_never_falls_while_it_is_held() => EveryCase((held, asking) =>
    {
        var (before, after) = (held.Max(one => one.Epoch) ?? -1, ReceiverMachine.Attach(held, asking).Next.Max(one => one.Epoch) ?? -1);
        Assert.True(after >= before);
    });

    [Fact]
    public void Whoever_is_let_in_receives_and_whoever_is_not_changes_nothing() => EveryCase((held, asking) =>
    {
        foreach (var move in new[] { ReceiverMachine.Attach(held, asking), ReceiverMachine.Renew(held, asking) })
        {
            if (move.Reply is ReceiverReply.Granted)
            {
                Assert.Contains(asking, move.Next);
            }
            else
            {
                Assert.Equal((held, 0), (move.Next, move.Ended.Length));
            }
        }
    });

    [Fact]
    public void Whoever_no_longer_receives_is_told_so() => EveryCase((held, asking) =>
    {
        foreach (var move in new[] { ReceiverMachine.Attach(held, asking), ReceiverMachine.Renew(held, asking) })
        {
            Assert.Equal(held.Select(one => one.Receiver).Except(move.Next.Select(one => one.Receiver)), move.Ended.Select(one => one.Receiver));
        }
    });

    [Fact]
    public void Asking_twice_is_asking_once() => EveryCase((held, asking) =>
    {
        var once = ReceiverMachine.Attach(held, asking);
        var twice = ReceiverMachine.Attach(once.Next, asking);
        Assert.Equal((once.Reply.GetType(), 0), (twice.Reply.GetType(), twice.Ended.Length));
        Assert.Equal(once.Next.ToHashSet(), [.. twice.Next]);
    });

    [Fact]
    public void A_renewal_never_takes_the_place_of_one_as_high() => EveryCase((held, asking) =>
    {
        var move = ReceiverMachine.Renew(held, asking);
        Assert.True(move.Ended.All(one => one.Epoch is null || one.Epoch < asking.Epoch));
    });

    [Fact]
    public void An_equal_or_higher_epoch_takes_over_and_a_lower_one_is_refused_as_stolen()
    {
        ImmutableArray<HeldReceiver> held = [Receiver(1, 5)];

        Assert.Equal(Receiver(1, 5), Assert.Single(ReceiverMachine.Attach(held, Receiver(2, 5)).Ended));
        Assert.Equal(Receiver(1, 5), Assert.Single(ReceiverMachine.Attach(held, Receiver(2, 6)).Ended));
        Assert.Equal(ReceiverEnd.Stolen, Assert.IsType<ReceiverReply.Refused>(ReceiverMachine.Attach(held, Receiver(2, 4)).Reply).End);
        Assert.Equal(ReceiverEnd.Stolen, Assert.IsType<ReceiverReply.Refused>(ReceiverMachine.Attach(held, Receiver(2, null)).Reply).End);
    }

    [Fact]
    public void A_sixth_without_an_epoch_is_refused_for_the_limit()
    {
        ImmutableArray<HeldReceiver> held = [.. Enumerable.Range(1, 5).Select(i => Receiver(i, null))];
        Assert.Equal(ReceiverEnd.TooMany, Assert.IsType<ReceiverReply.Refused>(ReceiverMachine.Attach(held, Receiver(6, null)).Reply).End);
    }

    [Fact]
    public void One_that_does_not_renew_or_whose_silo_is_gone_is_forgotten()
    {
        ImmutableArray<HeldReceiver> held = [Receiver(1, null), new(new ReceiverRef(OtherSilo, 2), null, Start), Receiver(3, null) with { RenewedAt = Start.AddSeconds(10) }];

        Assert.Equal([1, 3], ReceiverMachine.Living(held, Start + ReceiverMachine.Lease, OtherSilo.Equals).Select(one => one.Receiver.LinkId));
        Assert.Equal([2], ReceiverMachine.Living(held, Start + ReceiverMachine.Lease, Silo.Equals).Select(one => one.Receiver.LinkId));
        Assert.Equal([3], ReceiverMachine.Living(held, Start + ReceiverMachine.Lease + TimeSpan.FromSeconds(1), _ => false).Select(one => one.Receiver.LinkId));
    }

    private static void EveryCase(Action<ImmutableArray<HeldReceiver>, HeldReceiver> law)
    {
        foreach (var held in Reachable())
        {
            foreach (var epoch in Epochs)
            {
                law(held, Receiver(99, epoch));
                foreach (var one in held)
                {
                    law(held, one);
                }
            }
        }
    }

    // All that up to six attaches can lead to.
    private static List<ImmutableArray<HeldReceiver>> Reachable()
    {
        var seen = new Dictionary<string, ImmutableArray<HeldReceiver>> { [""] = [] };
        for (var link = 1; link <= 6; link++)
        {
            foreach (var held in seen.Values.ToList())
            {
                foreach (var epoch in Epochs)
                {
                    var next = ReceiverMachine.Attach(held, Receiver(link, epoch)).Next;
                    seen.TryAdd(string.Join(',', next.Select(one => $"{one.Receiver.LinkId}:{one.Epoch}")), next);
                }
            }
        }

        return [.. seen.Values];
    }

    private static HeldReceiver Receiver(long link, long? epoch) => new(new ReceiverRef(Silo, link), epoch, Start);
}
