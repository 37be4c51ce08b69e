using Amqp;
using Amqp.Framing;
using Amqp.Types;
using CsCheck;
using Xunit;

namespace Muster.Amqp;

public sealed class FrameGuardTests
{
    private static readonly byte[] Codes = [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18];

    [Fact]
    public void Whatever_stands_in_a_frame_it_is_refused_or_taken_as_the_library_understands() =>
        Gen.Select(Gen.Int[0, Codes.Length - 1], Gen.Byte, Gen.Byte.Array[0, 40], Gen.Bool)
            .Sample((index, any, rest, isKnown) => AgreesWithTheLibrary(RawAmqp.Frame([0x00, 0x53, isKnown ? Codes[index] : any, .. rest])));

    /// <summary>Frames that are right but for some bytes, in every form that the library takes.</summary>
    [Fact]
    public void A_frame_that_is_almost_right_is_refused_or_taken_as_the_library_understands() =>
        Gen.Select(Performatives, Gen.Int[0, 3], Gen.Byte.Array[0, 60], Gen.Select(Gen.Int[0, 60], Gen.Byte).Array[0, 3], Gen.Int[0, 9])
            .Sample((performative, form, payload, changes, offset) =>
            {
                var frame = InForm(RawAmqp.Frame(performative, payload), form);
                foreach (var (at, value) in changes)
                {
                    frame[8 + (at % (frame.Length - 8))] = value;
                }

                frame[4] = offset == 0 ? (byte)3 : (byte)2;
                AgreesWithTheLibrary(frame);
            }, iter: 20_000);

    [Theory]
    [InlineData("00 53 14 c0 28 01 43", 38)]
    [InlineData("00 53 14 c0 10 0c 43 40 40 40 40 40 40 40 40 40 40 a0 02 01 01", 0)]
    [InlineData("00 53 14 c0 0d 08 43 40 40 40 40 40 40 00 53 24 c0 ff 00", 250)]
    [InlineData("00 80 00 00 00 00 00 00 00 14 c0 02 01 43", 20)]
    [InlineData("00 a3 12 61 6d 71 70 3a 74 72 61 6e 73 66 65 72 3a 6c 69 73 74 c0 02 01 43", 20)]
    public void A_transfer_that_hides_its_payload_is_refused(string encoded, int more) => Assert.Throws<AmqpException>(
        () => new FrameGuard().Inspect(RawAmqp.Frame([.. Convert.FromHexString(encoded.Replace(" ", "", StringComparison.Ordinal)), .. new byte[more]])));

    [Fact]
    public void A_frame_with_an_extended_header_is_refused_and_an_empty_one_taken()
    {
        Assert.Throws<AmqpException>(() => new FrameGuard().Inspect([0, 0, 0, 12, 3, 0, 0, 0, 0, 0, 0, 0]));
        new FrameGuard().Inspect([0, 0, 0, 8, 2, 0, 0, 0]);
    }

    [Fact]
    public void What_a_link_or_a_session_had_begun_to_send_is_forgotten_with_it()
    {
        var guard = new FrameGuard();
        guard.Inspect(Part(handle: 0, 100, hasMore: true));
        guard.Inspect(Part(handle: 1, 50, hasMore: true));
        guard.Inspect(RawAmqp.Frame(new Detach { Handle = 0, Closed = true }));
        Assert.Equal(50, guard.AssemblingBytes);
        guard.Inspect(Part(handle: 0, 7, hasMore: false));
        Assert.Equal((7, 50), (guard.MessageSize, guard.AssemblingBytes));
        guard.Inspect(RawAmqp.Frame(new End()));
        Assert.Equal(0, guard.AssemblingBytes);
    }

    [Fact]
    public void Links_are_counted_until_the_client_detaches_them_or_ends_their_session()
    {
        const int Most = AmqpLimits.MaxUnprovedLinks + AmqpLimits.MaxEndedLinks;
        var isProved = false;
        var guard = new FrameGuard(() => isProved);
        void AttachTimes(int times)
        {
            for (var i = 0; i < times; i++)
            {
                guard.Inspect(RawAmqp.Frame(new Attach { LinkName = "l", Handle = 0, Role = true }));
            }
        }

        AttachTimes(Most);
        guard.Inspect(RawAmqp.Frame(new Detach { Handle = 0 }));
        AttachTimes(1);
        guard.Inspect(RawAmqp.Frame(new End()));
        AttachTimes(Most);
        var refused = Assert.Throws<AmqpException>(() => AttachTimes(1));
        Assert.Equal("amqp:resource-limit-exceeded", refused.Error.Condition);
        isProved = true;
        AttachTimes(AmqpLimits.MaxLinks - AmqpLimits.MaxUnprovedLinks - 1);
        Assert.Throws<AmqpException>(() => AttachTimes(1));
    }

    [Fact]
    public void Every_transfer_that_the_library_encodes_is_measured() =>
        Gen.Select(Gen.UInt[0, 255], Gen.UInt, Gen.Byte.Array[0, 32], Gen.Bool, Gen.Byte.Array[0, 2000]).Sample((handle, id, tag, hasMore, payload) =>
        {
            var transfer = new Transfer { Handle = handle, DeliveryId = id, DeliveryTag = tag, MessageFormat = 0, Settled = !hasMore, More = hasMore };
            var frame = RawAmqp.Frame(transfer, payload);
            var guard = new FrameGuard();
            guard.Inspect(frame);
            Assert.Equal(payload.Length, OutgoingFrame.PayloadOf(frame));
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
    [InlineData(5u, uint.MaxValue, false, 5u + int.MaxValue)]
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

    private static Gen<DescribedList> Performatives { get; } = Gen.OneOf<DescribedList>(
        Gen.Select(Gen.UInt[0, 300], Gen.Byte.Array[0, 8], Gen.Bool, Gen.Bool).Select((handle, tag, hasMore, hasState) => (DescribedList)new Transfer
        {
            Handle = handle,
            DeliveryId = 1,
            DeliveryTag = tag,
            More = hasMore,
            State = hasState ? new Accepted() : null,
            Batchable = true,
        }),
        Gen.Select(Gen.UInt, Gen.UInt, Gen.Bool).Select((count, credit, drain) => (DescribedList)new Flow
        {
            IncomingWindow = 1,
            NextOutgoingId = 3,
            OutgoingWindow = 4,
            Handle = 5,
            DeliveryCount = count,
            LinkCredit = credit,
            Drain = drain,
        }),
        Gen.Bool.Select(role => (DescribedList)new Attach { LinkName = "l", Handle = 0, Role = role, Source = new Source { Address = "a" } }));

    // The library reads behind eight bytes whatever the header says, and all these descriptors.
    private static byte[] InForm(byte[] frame, int form) => form switch
    {
        1 => RawAmqp.Frame([0x00, 0x80, 0, 0, 0, 0, 0, 0, 0, .. frame[10..]]),
        2 => RawAmqp.Frame([0x00, 0xa3, 18, .. "amqp:transfer:list"u8, .. frame[11..]]),
        _ => frame,
    };

    /// <summary>What the guard takes, it has counted and read as the library does.</summary>
    private static void AgreesWithTheLibrary(byte[] frame)
    {
        var guard = new FrameGuard();
        try
        {
            guard.Inspect(frame);
            OutgoingFrame.PayloadOf(frame);
            OutgoingFrame.IsForTheClient(frame);
        }
        catch (AmqpException)
        {
            // The connection ends with it.
            return;
        }

        var body = new ByteBuffer(frame, 8, frame.Length - 8, frame.Length - 8);
        object? read;
        try
        {
            read = body.Length == 0 ? null : Encoder.ReadDescribed(body, Encoder.ReadFormatCode(body));
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            // The library ends the connection.
            return;
        }

        switch (read)
        {
            case Transfer transfer:
                Assert.Equal(body.Length, transfer.More ? guard.AssemblingBytes : guard.MessageSize);
                break;
            case Flow flow when flow.HasField(4):
                Assert.Equal((unchecked(flow.DeliveryCount + Math.Min(flow.LinkCredit, int.MaxValue)), flow.Drain), (guard.FlowLimit, guard.FlowDrains));
                break;
        }
    }

    private static byte[] Part(uint handle, int size, bool hasMore) =>
        RawAmqp.Frame(new Transfer { Handle = handle, DeliveryId = 0, DeliveryTag = [1], More = hasMore }, new byte[size]);
}
