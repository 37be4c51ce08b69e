using CsCheck;
using Xunit;

namespace Muster.Rollouts;

public sealed class AdmissionLaws
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void No_stretch_of_time_sees_more_than_the_rate_and_one_burst() =>
        Gen.Select(Gen.Int[1, 6000], Gen.Select(Gen.Int[0, 5000], Gen.Int[0, 300]).Array[1, 60]).Sample((perMinute, looks) =>
        {
            var (bucket, now) = (new AdmissionBucket(0, Start), Start);
            var admitted = new List<(DateTimeOffset At, int Count)>();
            foreach (var (pause, wanted) in looks)
            {
                now += TimeSpan.FromMilliseconds(pause);
                bucket = AdmissionRate.Fill(bucket, perMinute, now);
                var taken = Math.Min(wanted, (int)Math.Floor(bucket.Tokens));
                bucket = bucket with { Tokens = bucket.Tokens - taken };
                admitted.Add((now, taken));
            }

            for (var from = 0; from < admitted.Count; from++)
            {
                var sum = 0;
                for (var to = from; to < admitted.Count; to++)
                {
                    sum += admitted[to].Count;
                    var allowed = ((admitted[to].At - admitted[from].At).TotalMinutes * perMinute) + AdmissionRate.Room(perMinute);
                    Assert.True(sum <= allowed + 1e-6, $"{sum} in {admitted[to].At - admitted[from].At} at {perMinute}/min");
                }
            }
        });

    [Fact]
    public void A_clock_that_was_set_back_gives_nothing()
    {
        var bucket = AdmissionRate.Fill(new AdmissionBucket(1, Start), 60, Start.AddHours(-1));
        Assert.Equal(new AdmissionBucket(1, Start), bucket);
    }

    [Fact]
    public void An_exponential_rate_grows_with_verified_devices_up_to_its_bound()
    {
        var rate = new RolloutRate { PerMinute = 10, Factor = 2, Every = 100, MaxPerMinute = 75 };
        Assert.Equal([10, 10, 20, 40, 75, 75], new[] { 0, 99, 100, 200, 300, 1_000_000 }.Select(succeeded => AdmissionRate.PerMinute(rate, succeeded)!.Value));
        Assert.Null(AdmissionRate.PerMinute(RolloutRate.Unlimited, 5));
    }

    [Fact]
    public void Neither_the_cap_nor_a_sites_budget_is_exceeded_and_nothing_that_fits_is_refused() =>
        Gen.Select(Gen.Int[0, 20], Gen.Int[1, 5], Gen.Int[0, 4].Array[0, 8], Gen.Int[0, 7].Array[0, 60]).Sample((cap, perSite, granted, wants) =>
        {
            var counted = granted.Select((count, site) => KeyValuePair.Create($"s{site}", count)).ToDictionary();
            var room = new AdmissionRoom(cap, perSite, counted);
            foreach (var site in wants.Select(static site => $"s{site}"))
            {
                var fits = counted.Values.Sum() < cap && counted.GetValueOrDefault(site) < perSite;
                Assert.Equal(fits, room.TryTake(site));
                counted[site] = counted.GetValueOrDefault(site) + (fits ? 1 : 0);
                Assert.Equal(Math.Max(0, cap - counted.Values.Sum()), room.Left);
            }
        });

    [Fact]
    public void Without_limits_everything_fits()
    {
        var room = new AdmissionRoom(null, null, []);
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(room.TryTake("")));
        Assert.Equal(int.MaxValue, room.Left);
    }
}
