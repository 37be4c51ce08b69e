using Xunit;

namespace Muster.Gates;

public sealed class GateAnswerTests
{
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"state":5}""")]
    [InlineData("""{"state":"\ud800"}""")]
    [InlineData("""{"\ud800":"open"}""")]
    [InlineData("""{"state":"open","evidence":"\ud800"}""")]
    public void What_says_nothing_of_a_gate_is_no_answer(string text) => Assert.Null(GateAnswers.TryRead(text));
}
