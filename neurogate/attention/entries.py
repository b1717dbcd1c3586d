"""The rows of the catalogue: which gated layers there are, who published them, and what they cost.

A layer is imported only when `neurogate.attention.catalogue.make` makes it, so that listing costs nothing.
"""

from __future__ import annotations

import attrs

__all__ = ["CATALOGUE", "Entry"]


@attrs.frozen
class Entry:
    """One row of the catalogue.

    Parameters
    ----------
    name : str
        What `make` takes.
    place : str
        Module of `neurogate.attention.layers`, a colon, and the class.
    section : str
        Number of the system in the list of papers.
    year : int
        Of the paper.
    paper : str
        Title, and where it is.
    kind : str
        What it gates.
    cost : str
        How operations grow with the length T (or the pixels N).
    oracle : str
        The operator at its heart, where arrays are stored of that and not of the layer itself:
        `neurogate.attention.catalogue.agreement` tells the operator's errors then.
    """

    name: str
    place: str
    section: str
    year: int
    paper: str
    kind: str
    cost: str
    oracle: str = ""


CATALOGUE = (
    Entry("feature_selection", "feature_selection:FeatureSelectionGates", "1", 2024,
          "Hard-attention gates with gradient routing for endoscopic image computing, arXiv:2407.04400",
          "softmax attention", "T²"),
    Entry("feature_selection_channels", "feature_selection_channels:ChannelGates", "1", 2024,
          "Hard-attention gates with gradient routing for endoscopic image computing, arXiv:2407.04400",
          "channel gate", "N"),
    Entry("feature_selection_head", "feature_selection_channels:GatedHead", "1", 2024,
          "Hard-attention gates with gradient routing for endoscopic image computing, arXiv:2407.04400",
          "channel gate", "1"),
    Entry("adversarial_gate", "adversarial_gate:AdversarialGate", "2", 2020,
          "Learning to segment from scribbles using multi-scale adversarial attention gates, "
          "arXiv:2007.01152", "skip connection", "N"),
    Entry("scale_discriminator", "scale_discriminator:ScaleDiscriminator", "2", 2020,
          "Learning to segment from scribbles using multi-scale adversarial attention gates, "
          "arXiv:2007.01152", "feature map", "N"),
    Entry("eviction_gate", "eviction_gate:EvictionGate", "3", 2024,
          "In-context KV-cache eviction for LLMs via attention-gate, arXiv:2410.12876",
          "cache eviction", "T²"),
    Entry("modality_gate", "modality_gate:ModalityGate", "4", 2023,
          "PILL: plug into LLM with adapter expert and attention gate, arXiv:2311.02126",
          "softmax attention", "T²"),
    Entry("modality_block", "modality_gate:ModalityBlock", "4", 2023,
          "PILL: plug into LLM with adapter expert and attention gate, arXiv:2311.02126",
          "softmax attention", "T²"),
    Entry("norga", "norga:NonlinearResidualGates", "5", 2024,
          "Mixture of experts meets prompt-based continual learning, arXiv:2405.14124",
          "prompts of attention", "T²"),
    Entry("additive_gate", "additive_gate:AdditiveGate", "6", 2018,
          "Attention U-Net: learning where to look for the pancreas, arXiv:1804.03999",
          "skip connection", "N"),
    Entry("concatenating_gate", "normed_gate:ConcatenatingGate", "6", 2021,
          "Meningioma segmentation in T1-weighted MRI leveraging global context and attention mechanisms, "
          "arXiv:2101.07715", "skip connection", "N"),
    Entry("position_attention", "dual_attention:PositionAttention", "6", 2018,
          "Dual attention network for scene segmentation, arXiv:1809.02983", "softmax attention", "N²"),
    Entry("channel_attention", "dual_attention:ChannelAttention", "6", 2018,
          "Dual attention network for scene segmentation, arXiv:1809.02983", "channels", "N"),
    Entry("dual_attention", "dual_attention:DualAttention", "6", 2021,
          "Meningioma segmentation in T1-weighted MRI leveraging global context and attention mechanisms, "
          "arXiv:2101.07715", "softmax attention", "N²"),
    Entry("ear_gate", "normed_gate:EarGate", "7", 2021,
          "EAR-U-Net: EfficientNet and attention-based residual U-Net for automatic liver segmentation in "
          "CT, arXiv:2110.01014", "skip connection", "N"),
    Entry("ear_unet", "ear_unet:EarUNet", "7", 2021,
          "EAR-U-Net: EfficientNet and attention-based residual U-Net for automatic liver segmentation in "
          "CT, arXiv:2110.01014", "skip connection", "N"),
    Entry("residual_decoder", "residual_decoder:ResidualDecoder", "7", 2021,
          "EAR-U-Net: EfficientNet and attention-based residual U-Net for automatic liver segmentation in "
          "CT, arXiv:2110.01014", "feature map", "N"),
    Entry("gated_sdpa", "gated_sdpa:GatedSDPA", "9", 2025,
          "Gated attention for large language models: non-linearity, sparsity, and attention-sink-free, "
          "arXiv:2505.06708", "softmax attention", "T²"),
    Entry("garnet", "garnet:GatedTextBlock", "10", 2022,
          "The surprisingly straightforward scene text removal method with gated attention and region of "
          "interest generation, arXiv:2210.07489", "feature map", "N"),
    Entry("gateformer", "gateformer:Gateformer", "11", 2025,
          "Gateformer: advancing multivariate time series forecasting through temporal and variate-wise "
          "attention with gated representations, arXiv:2505.00307", "highway mix", "T²"),
    Entry("clipped_attention", "quantizable:ClippedAttention", "12", 2023,
          "Quantizable transformers: removing outliers by helping attention heads do nothing, "
          "arXiv:2306.12929", "softmax attention", "T²"),
    Entry("head_gated", "quantizable:HeadGatedAttention", "12", 2023,
          "Quantizable transformers: removing outliers by helping attention heads do nothing, "
          "arXiv:2306.12929", "softmax attention", "T²"),
    Entry("gated_delta_net", "gated_delta_net:GatedDeltaNet", "13", 2024,
          "Gated delta networks: improving Mamba2 with delta rule, arXiv:2412.06464",
          "linear attention", "T", "operators.delta_rule"),
    Entry("sliding_window", "sliding_window:SlidingWindow", "13", 2025,
          "InfiniteVL: synergizing linear and sparse attention for highly-efficient, unlimited-input "
          "vision-language models, arXiv:2512.08829",
          "softmax attention", "T"),
    Entry("hybrid_stack", "hybrid_stack:HybridStack", "13", 2025,
          "InfiniteVL: synergizing linear and sparse attention for highly-efficient, unlimited-input "
          "vision-language models, arXiv:2512.08829",
          "softmax and linear attention", "T"),
    Entry("awmoe_gate", "gate_network:GateNetwork", "14", 2023,
          "Attention weighted mixture of experts with contrastive learning for personalized ranking in "
          "e-commerce, arXiv:2306.05011", "mixture of experts", "T"),
    Entry("attention_gru", "attention_gru:AttentionGru", "15", 2022,
          "A machine learning-based framework for predictive maintenance of semiconductor laser for optical "
          "communication, arXiv:2211.02842", "gated recurrence", "T"),
    Entry("conv_autoencoder", "conv_autoencoder:ConvAutoencoder", "15", 2022,
          "A machine learning-based framework for predictive maintenance of semiconductor laser for optical "
          "communication, arXiv:2211.02842", "autoencoder", "T"),
    Entry("base_conv", "base_conv:BaseConv", "16", 2023,
          "Zoology: measuring and improving recall in efficient language models, arXiv:2312.04927",
          "gated convolution", "T log T"),
    Entry("zoology_attention", "zoology_attention:ZoologyAttention", "16", 2023,
          "Zoology: measuring and improving recall in efficient language models, arXiv:2312.04927",
          "softmax attention", "T²"),
    Entry("zoology_backbone", "zoology_backbone:ZoologyBackbone", "16", 2023,
          "Zoology: measuring and improving recall in efficient language models, arXiv:2312.04927",
          "stack of mixers", "as its mixer"),
    Entry("hyena", "hyena:Hyena", "16", 2023,
          "Hyena hierarchy: towards larger convolutional language models, arXiv:2302.10866",
          "gated convolution", "T log T"),
    Entry("h3", "h3:H3", "16", 2022,
          "Hungry hungry hippos: towards language modeling with state space models, arXiv:2212.14052",
          "gated state space", "T log T"),
    Entry("based", "based:Based", "16", 2024,
          "Simple linear attention language models balance the recall-throughput tradeoff, arXiv:2402.18668",
          "linear attention", "T"),
    Entry("rwkv_time_mix", "rwkv:RwkvTimeMix", "16", 2023,
          "RWKV: reinventing RNNs for the transformer era, arXiv:2305.13048", "gated recurrence", "T"),
    Entry("hyena_x", "grafted_hyena:HyenaX", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "gated convolution", "T"),
    Entry("hyena_y", "grafted_hyena:HyenaY", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "gated convolution", "T"),
    Entry("hyena_se", "grafted_hyena:HyenaSE", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "gated convolution", "T"),
    Entry("hyena_mlp", "hyena_mlp:HyenaMlp", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "gated perceptron", "T"),
    Entry("local_attention", "local_attention:LocalAttention", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "softmax attention", "T"),
    Entry("linear_attention", "linear_attention:LinearAttention", "17", 2025,
          "Exploring diffusion transformer designs via grafting, arXiv:2506.05340",
          "linear attention", "T"),
    Entry("seqboat", "seqboat:SeqBoat", "18", 2023,
          "Sparse modular activation for efficient sequence modeling, arXiv:2306.11197",
          "routed attention", "T log T"),
    Entry("v2p", "pointer_head:PointerHead", "20", 2025,
          "V2P: from background suppression to center peaking for robust GUI grounding task, "
          "arXiv:2508.13634", "pointer", "T²"),
    Entry("gla", "gated_linear_attention:GatedLinearAttention", "21", 2024,
          "Gated linear attention transformers with hardware-efficient training, arXiv:2312.06635",
          "linear attention", "T"),
    Entry("lina", "tuned_state:TunedState", "22", 2024,
          "Lina-Speech: gated linear attention and initial-state tuning for multi-sample prompting "
          "text-to-speech synthesis, arXiv:2410.23320", "initial state", "T"),
    Entry("gcab", "gated_class_attention:GatedClassAttention", "23", 2022,
          "Exemplar-free continual learning of vision transformers via gated class-attention and cascaded "
          "feature drift compensation, arXiv:2211.12292", "softmax attention", "T"),
    Entry("drift_projector", "drift_projector:DriftProjector", "23", 2022,
          "Exemplar-free continual learning of vision transformers via gated class-attention and cascaded "
          "feature drift compensation, arXiv:2211.12292", "feature map", "T"),
    Entry("gpsa", "gated_positional:GatedPositional", "23", 2021,
          "ConViT: improving vision transformers with soft convolutional inductive biases, arXiv:2103.10697",
          "softmax attention", "T²"),
    Entry("vig", "vig:ViG", "24", 2024,
          "ViG: linear-complexity visual sequence learning with gated linear attention, arXiv:2405.18425",
          "linear attention", "T"),
    Entry("ninformer", "ninformer:NiNformer", "25", 2024,
          "NiNformer: a network in network transformer with token mixing generated gating function, "
          "arXiv:2403.02411", "token mixer", "T"),
    Entry("herseg_dla", "dual_gated_linear:DualGatedLinear", "26", 2025,
          "HER-Seg: holistically efficient segmentation for high-resolution medical images, arXiv:2504.06205",
          "linear attention", "T"),
    Entry("little_attention", "little_attention:LittleAttention", "28", 2023,
          "A little bit attention is all you need for person re-identification, arXiv:2302.14574",
          "feature map", "N"),
    Entry("lightning", "lightning_attention:LightningAttention", "34, 36", 2024,
          "Lightning attention-2: a free lunch for handling unlimited sequence lengths in large language "
          "models, arXiv:2401.04658", "linear attention", "T"),
    Entry("transnormer", "transnormer:TransNormer", "34, 36", 2023,
          "TransNormerLLM: a faster and better large language model with improved TransNormer, "
          "arXiv:2307.14995", "linear attention", "T", "operators.lightning"),
    Entry("agent_attention", "agent_attention:AgentAttention", "35", 2023,
          "Agent attention: on the integration of softmax and linear attention, arXiv:2312.08874",
          "softmax attention", "N"),
    Entry("agent_windows", "agent_attention:WindowedAgentAttention", "35", 2023,
          "Agent attention: on the integration of softmax and linear attention, arXiv:2312.08874",
          "softmax attention", "N"),
    Entry("agile3d", "click_attention:ClickAttention", "39", 2023,
          "AGILE3D: attention guided interactive multi-object 3D segmentation, arXiv:2306.00977",
          "softmax attention", "T"),
    Entry("caa", "control_aided:ControlAided", "40", 2025,
          "End-to-end visual autonomous parking via control-aided attention, arXiv:2509.11090",
          "guided elementwise attention", "T"),
)  # fmt: skip
"""Sorted by section."""
