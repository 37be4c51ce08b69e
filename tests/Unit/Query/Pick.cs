using CsCheck;

namespace Muster.Query;

/// <summary>Generators of one of a few things.</summary>
internal static class Pick
{
    public static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    public static Gen<T> From<T>(params Gen<T>[] generators) => Gen.Int[0, generators.Length - 1].SelectMany(index => generators[index]);
}
