using Amqp;
using Amqp.Framing;
using CsCheck;
using Xunit;

namespace Muster.Amqp;

public sealed class FrameGuardTests
{
    private static readonly byte[] Codes = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];

    [Fact]
    public void Whatever_stands_in_a_frame_it_is_taken_or_refused_as_the_library_understands() =>
        Gen.Select(Gen.OneOf(Gen.Const(Codes).SelectMany(codes => Gen.Int[0, codes.Length - 1].Select(i => codes[i])), Gen.Byte), Gen.Byte.Array[0, 40])
            .Sample((code, rest) =>
            {
                try
                {
                    var frame = RawAmqp.Frame([0x00, 0x53, code, .. rest]);
                    new FrameGuard().Inspect(frame);
                    FrameGuard.PayloadOf(frame);
                    FrameGuard.IsForTheClient(frame);
                }
                catch (AmqpException)
                {
                    // The connection ends with it.
                }
            });

    [Fact]
    public void Every_transfer_that_the_library_encodes_is_measured() =>
        Gen.Select(Gen.UInt[0, 255], Gen.UInt, Gen.Byte.Array[0, 32], Gen.Bool, Gen.Byte.Array[0, 2000]).Sample((handle, id, tag, hasMore, payload) =>
        {
            var transfer = new Transfer { Handle = handle, DeliveryId = id, DeliveryTag = tag, MessageFormat = 0, Settled = !hasMore, More = hasMore };
            var frame = RawAmqp.Frame(transfer, payload);
            var guard = new FrameGuard();
            guard.Inspect(frame);
            Assert.Equal(payload.Length, FrameGuard.PayloadOf(frame));
            Assert.Equal(hasMore ? (0, payload.Length) : (payload.Length, 0), (guard.MessageSize, guard.AssemblingBytes));
        });

    [Fact]
    public void Messages_of_many_frames_are_summed_link_by_link()
    {
        var guard = new FrameGuard();
        guard.Inspect(Part(handle: 0, 100, hasMore: true));
        guard.Inspect(Part(handle: 1, 7, hasMore: true));
        guard.Inspect(Part(handle: 0, 50, hasMore: false));
        Assert.Equal((150, 7), (guard.MessageSize, guard.AssemblingBytes));
        guard.Inspect(Part(handle: 1, 3, hasMore: false));
        Assert.Equal((10, 0), (guard.MessageSize, guard.AssemblingBytes));
    }

    [Fact]
    public void Begun_messages_of_all_links_together_are_bounded()
    {
        var guard = new FrameGuard();
        var refused = Assert.Throws<AmqpException>(() =>
        {
            for (uint handle = 0; handle < 200; handle++)
            {
                guard.Inspect(Part(handle, 60_000, hasMore: true));
            }
        });
        Assert.Equal("amqp:resource-limit-exceeded", refused.Error.Condition);
        Assert.InRange(guard.AssemblingBytes, AmqpLimits.MaxAssembling, AmqpLimits.MaxAssembling + 60_000);
    }

    [Theory]
    [InlineData(0u, 10u, false, 10u)]
    [InlineData(4294967290u, 10u, true, 4u)]
    public void Flow_numbers_are_those_of_the_frame_and_wrap_as_serial_numbers_do(uint deliveryCount, uint credit, bool drain, uint limit)
    {
        var guard = new FrameGuard();
        guard.Inspect(RawAmqp.Frame(new Flow
        {
            NextIncomingId = 1,
            IncomingWindow = 2048,
            NextOutgoingId = 3,
            OutgoingWindow = 4,
            Handle = 5,
            DeliveryCount = deliveryCount,
            LinkCredit = credit,
            Drain = drain,
        }));
        Assert.Equal((limit, drain), (guard.FlowLimit, guard.FlowDrains));
        guard.Inspect(RawAmqp.Frame(new Flow { IncomingWindow = 1, NextOutgoingId = 3, OutgoingWindow = 4 }));
        Assert.Equal((limit, drain), (guard.FlowLimit, guard.FlowDrains));
    }

    private static byte[] Part(uint handle, int size, bool hasMore) =>
        RawAmqp.Frame(new Transfer { Handle = handle, DeliveryId = 0, DeliveryTag = [1], More = hasMore }, new byte[size]);
}
