using Muster.Storage.Log;
using Muster.Telemetry;
using Xunit;

namespace Muster.Log;

public sealed class FullDiskTests
{
    [Theory]
    [InlineData(Fault.WriteHalf)]
    [InlineData(Fault.Flush)]
    public async Task A_commit_that_failed_is_refused_leaves_nothing_and_the_log_goes_on_when_there_is_space_again(Fault fault)
    {
        var disk = new Disk();
        await using var log = new LogFixture { OpenFile = (path, mode) => new FaultyFile(disk, path, mode) };
        log.Open();
        await log.AppendAsync(0, "before");

        disk.Fault = fault;
        await Assert.ThrowsAsync<EventLogException>(async () => await log.AppendAsync(0, "refused", "too"));
        await Assert.ThrowsAsync<EventLogException>(async () => await log.AppendAsync(0, "refused again"));
        Assert.Equal(["before"], await log.BodiesAsync(0));

        disk.Fault = Fault.None;
        await log.AppendAsync(0, "after");
        Assert.Equal(["before", "after"], await log.BodiesAsync(0));
        await log.ReopenAsync();
        Assert.Equal(["before", "after"], await log.BodiesAsync(0));
    }

    [Fact]
    public async Task What_a_failed_commit_left_is_cut_before_anything_else_is_written_even_if_cutting_failed_at_first()
    {
        var disk = new Disk();
        await using var log = new LogFixture { OpenFile = (path, mode) => new FaultyFile(disk, path, mode) };
        log.Open();
        await log.AppendAsync(0, "before");

        disk.Fault = Fault.WriteHalf | Fault.Truncate;
        await Assert.ThrowsAsync<EventLogException>(async () => await log.AppendAsync(0, new string('x', 500)));
        disk.Fault = Fault.None;
        await log.AppendAsync(0, "a");

        await log.ReopenAsync();
        Assert.Equal(["before", "a"], await log.BodiesAsync(0));
    }

    [Fact]
    public async Task No_place_for_the_next_segment_refuses_the_append_and_loses_nothing()
    {
        var disk = new Disk();
        await using var log = new LogFixture { OpenFile = (path, mode) => new FaultyFile(disk, path, mode) };
        log.Options.SegmentBytes = 1;
        log.Open();
        await log.AppendAsync(0, "before");

        disk.Fault = Fault.Create;
        await Assert.ThrowsAsync<EventLogException>(async () => await log.AppendAsync(0, "refused"));
        disk.Fault = Fault.None;
        await log.AppendAsync(0, "after");

        Assert.Equal(["before", "after"], await log.BodiesAsync(0));
    }

    [Flags]
    public enum Fault
    {
        None = 0,
        WriteHalf = 1,
        Flush = 2,
        Truncate = 4,
        Create = 8,
    }

    private sealed class Disk
    {
        private volatile Fault fault;

        internal Fault Fault { get => fault; set => fault = value; }

        internal void Check(Fault asked)
        {
            if (Fault.HasFlag(asked))
            {
                throw new IOException("No space left on device");
            }
        }
    }

    private sealed class FaultyFile(Disk disk, string path, FileMode mode) : SegmentFile(Checked(disk, path, mode), mode)
    {
        internal override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            if (disk.Fault.HasFlag(Fault.WriteHalf))
            {
                base.Write(bytes[..(bytes.Length / 2)], position);
            }

            disk.Check(Fault.WriteHalf);
            base.Write(bytes, position);
        }

        internal override void Flush()
        {
            disk.Check(Fault.Flush);
            base.Flush();
        }

        internal override void Truncate(long length)
        {
            disk.Check(Fault.Truncate);
            base.Truncate(length);
        }

        private static string Checked(Disk disk, string path, FileMode mode)
        {
            if (mode == FileMode.Create)
            {
                disk.Check(Fault.Create);
            }

            return path;
        }
    }
}
